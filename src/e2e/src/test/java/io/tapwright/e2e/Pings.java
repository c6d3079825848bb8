package io.tapwright.e2e;

import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import java.time.Duration;

/** Pings from one guest to another address, in that guest's background. */
record Pings(Guest guest, String file) {

    record Outcome(int sent, int lost) {
    }

    static Pings start(Guest guest, String address, String interval) {
        guest.sh("ping -i " + interval + " " + address + " >/tmp/ping 2>&1 &").orThrow();
        return new Pings(guest, "/tmp/ping");
    }

    /** Waits for so many more replies. */
    void awaitReplies(int more) {
        int before = replies();
        Await.until(more + " replies", Duration.ofSeconds(20), this::replies, now -> now >= before + more);
    }

    private int replies() {
        Result count = guest.sh("grep -c seq= " + file);
        return count.out().isBlank() ? 0 : Integer.parseInt(count.out().strip());
    }

    /** Counts what is missing before the last reply; what was under way at the end is not counted as sent. */
    Outcome stop() {
        guest.sh("killall -INT ping; sleep 1").orThrow();
        int last = Integer.parseInt(guest.sh("sed -n 's/.*seq=\\([0-9]*\\) .*/\\1/p' " + file + " | sort -n | tail -n 1")
                .orThrow().strip());
        int received = Integer.parseInt(guest.sh("sed -n 's/.*seq=\\([0-9]*\\) .*/\\1/p' " + file + " | sort -un | wc -l")
                .orThrow().strip());
        return new Outcome(last + 1, last + 1 - received);
    }
}
