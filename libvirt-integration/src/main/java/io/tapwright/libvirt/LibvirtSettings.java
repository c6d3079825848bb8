package io.tapwright.libvirt;

import java.time.Duration;

/**
 * How to reach libvirt. There is no time-out for connecting: virConnectOpen has none, and a libvirtd that is stopped holds
 * it for as long as it is; meanwhile the connection's state does not change. Once connected, keep-alive finds a libvirtd
 * that has ceased to answer after {@code keepAliveInterval * (keepAliveCount + 1)}.
 *
 * @param uri               such as {@code qemu:///system}, {@code test:///default} (see libvirt: docs/uri.rst)
 * @param keepAliveInterval between a libvirtd's last word and a question whether it is there; whole seconds
 * @param keepAliveCount    unanswered questions after which the connection counts as lost
 * @param firstRetry        the wait after the first failed attempt to connect; doubles with each
 * @param maxRetry          the longest wait between attempts: how long libvirt can be back without being noticed
 * @param renewedReadings   how many domains each listing reads again though nothing is known to have happened to them, so
 *                          how many listings it takes to notice what libvirt sends no event of; the cost of a listing
 */
public record LibvirtSettings(
        String uri, Duration keepAliveInterval, int keepAliveCount, Duration firstRetry, Duration maxRetry,
        int renewedReadings) {

    public LibvirtSettings {
        if (uri.isBlank()) {
            throw new IllegalArgumentException("libvirt URI is empty: expected such as qemu:///system");
        }
        if (keepAliveInterval.toSeconds() < 1 || !keepAliveInterval.equals(Duration.ofSeconds(keepAliveInterval.toSeconds()))
                || keepAliveInterval.toSeconds() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("keep-alive interval " + keepAliveInterval + ": expected whole seconds");
        }
        if (keepAliveCount < 1) {
            throw new IllegalArgumentException("keep-alive count " + keepAliveCount + ": expected at least 1");
        }
        if (firstRetry.toMillis() < 1 || maxRetry.compareTo(firstRetry) < 0) {
            throw new IllegalArgumentException("retry after " + firstRetry + " up to " + maxRetry
                    + ": expected at least a millisecond, and no less at the end");
        }
        if (renewedReadings < 1) {
            throw new IllegalArgumentException("renewed readings " + renewedReadings + ": expected at least 1");
        }
    }

    /** Keep-alive 5 s, 3 times; retries after 100 ms up to 1 s; 250 readings renewed with each listing. */
    public static LibvirtSettings of(String uri) {
        return new LibvirtSettings(uri, Duration.ofSeconds(5), 3, Duration.ofMillis(100), Duration.ofSeconds(1), 250);
    }
}
