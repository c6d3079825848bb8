package io.tapwright.vswitch;

import java.nio.file.Path;
import java.time.Duration;

/**
 * @param socketDirectory below which all sockets of guests lie
 * @param workers         threads that carry frames
 * @param poll            how long a worker looks for traffic after the last before it sleeps
 * @param addressAge      after which an address that was not heard of is forgotten
 */
public record SwitchSettings(Path socketDirectory, int workers, Duration poll, Duration addressAge) {

    public SwitchSettings {
        if (workers < 1) {
            throw new IllegalArgumentException(workers + " workers, expected at least 1");
        }
    }
}
