package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.VhostNic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two hosts, each with an agent and a switch in user space, a cable between their bridges, and a guest that moves as it runs. */
class MigrationE2E {

    private static final String MOVER = "52:54:00:80:00:01";
    private static final String STAYER = "52:54:00:80:00:02";
    private static final String ADDRESS = "10.80.0.11";
    private static final Duration SOON = Duration.ofSeconds(60);

    /** Of 64 KiB, which a stream has over and over again. */
    private static final int PARTS = 64;

    private static final Host[] hosts = new Host[2];
    private static int at;
    private static Guest mover;
    private static Guest stayer;

    private record Host(Lab lab, AgentProcess agent, String address) {

        /** @param bridge another one on each host: its address is made of its name and the machine's id, which is the same */
        static Host up(Lab lab, String bridge, String address) {
            lab.startSwitch();
            return new Host(lab, lab.startAgent("""
                    tapwright:
                      resync-interval: 2s
                      userspace: { socket-directory: %s, control-socket: %s, command: none }
                      networks:
                        default:
                          bridge: %s
                          create: true
                          address: [%s/24]
                          userspace: true
                          uplink: { device: up0 }
                    """.formatted(lab.switchDirectory(), lab.switchSocket(), bridge, address)), address);
        }

        Guest guest(String name, String mac, String cidr) {
            Guest guest = lab.guest(name).nic(new VhostNic(mac, lab.switchDirectory().resolve(name), "client", cidr)).define();
            guest.start().orThrow();
            return guest;
        }

        /** Writes down what others on the cable hear of who is where: gratuitous ARP, of a guest, and RARP, of its switch. */
        void listen() {
            lab.sh("setsid tcpdump -l -nn -i up0 -Q in 'ether src " + MOVER + " and (rarp or arp and arp[14:4] = arp[24:4])' >"
                    + heard() + " 2>&1 </dev/null &");
            Await.until("tcpdump listens", SOON, () -> lab.sh("cat " + heard()), text -> text.contains("listening on"));
        }

        private Path heard() {
            return lab.dir().resolve("vm/heard");
        }

        List<String> announcements() {
            return lab.sh("cat " + heard()).lines().filter(line -> line.contains("ARP")).toList();
        }
    }

    @BeforeAll
    static void up() {
        Lab left = Labs.upForMigration();
        hosts[0] = new Host(left, null, "");
        Lab right = Labs.upForMigration();
        hosts[1] = new Host(right, null, "");
        left.connect(right, "up0");
        hosts[0] = Host.up(left, "br-left", "10.80.0.1");
        hosts[1] = Host.up(right, "br-right", "10.80.0.2");
        mover = hosts[0].guest("mover", MOVER, ADDRESS + "/24");
        stayer = hosts[1].guest("stayer", STAYER, "10.80.0.12/24");
        mover.sh("true").orThrow();
        stayer.sh("true").orThrow();
        mover.sh("dd if=/dev/urandom of=/tmp/still bs=1M count=32 2>/dev/null").orThrow();
        for (Host host : hosts) {
            host.listen();
        }
        hosts[0].agent.awaitNic(MOVER, "wired");
        hosts[1].agent.awaitNic(STAYER, "wired");
    }

    @AfterAll
    static void down() {
        for (Host host : hosts) {
            if (host != null) {
                host.lab.close();
            }
        }
    }

    @Test
    void aGuestMovesThereAndBackUnderTraffic() {
        assertThat(stayer.canReach(ADDRESS)).isTrue();
        stayer.sh("dd if=/dev/urandom of=/tmp/data bs=64k count=" + PARTS + " 2>/dev/null").orThrow();

        move(1);
        move(0);
    }

    @Test
    void aGuestThatIsSavedOrPausedGoesOnWhereItWas() {
        Lab lab = hosts[at].lab;
        String file = lab.dir().resolve("vm/saved").toString();
        assertGoesOnAfter("ready", () -> lab.virsh("save", "mover", file).orThrow(), () -> lab.virsh("restore", file).orThrow());
        assertGoesOnAfter("ready", () -> lab.virsh("managedsave", "mover").orThrow(), () -> mover.start().orThrow());
        assertGoesOnAfter("pending", () -> lab.virsh("suspend", "mover").orThrow(), () -> lab.virsh("resume", "mover").orThrow());
    }

    private static void assertGoesOnAfter(String meanwhile, Runnable leave, Runnable comeBack) {
        String state = state();
        leave.run();
        hosts[at].agent.awaitNic(MOVER, meanwhile);
        comeBack.run();
        hosts[at].agent.awaitNic(MOVER, "wired");
        assertThat(mover.canReach("10.80.0.12")).isTrue();
        assertThat(stayer.canReach(ADDRESS)).isTrue();
        assertThat(state()).isEqualTo(state);
    }

    /** What has to stay as it is: the guest's boot, and a file in its memory that nobody writes to. */
    private static String state() {
        return mover.sh("cat /proc/sys/kernel/random/boot_id; sha256sum /tmp/still").orThrow();
    }

    private static void move(int to) {
        Host from = hosts[at];
        String state = state();
        // What comes while the guest's memory is copied lies in it unread until the guest has moved: if the switch kept no log of
        // what it writes, the other host would have what was there before.
        mover.sh("rm -f /tmp/received /tmp/moved; echo 4096 8388608 8388608 >/proc/sys/net/ipv4/tcp_rmem;"
                + " read_later() { while [ ! -e /tmp/moved ]; do sleep 1; done; sha256sum; };"
                + " (sleep 600 | nc -l -p 5001 | read_later >/tmp/received) >/dev/null 2>&1 &").orThrow();
        Await.until("nc listens", SOON, () -> mover.sh("netstat -ltn").out(), text -> text.contains(":5001 "));
        stayer.sh("rm -f /tmp/enough; echo 0 >/tmp/count; part() { dd if=/tmp/data bs=64k count=1 skip=$(($1 % " + PARTS + ")) 2>/dev/null; };"
                + " (n=0; while [ ! -e /tmp/enough ]; do part $n; n=$((n+1)); echo $n >/tmp/count; usleep 100000; done | nc "
                + ADDRESS + " 5001) >/dev/null 2>&1 &").orThrow();
        Pings pings = Pings.start(stayer, ADDRESS, "0.05");
        pings.awaitReplies(20);
        int announced = from.announcements().size();

        long begun = System.nanoTime();
        mover = mover.migrate(hosts[to].lab, hosts[to].address);
        long took = System.nanoTime() - begun;
        at = to;

        pings.awaitReplies(20);
        int away = 50 * (pings.stop().lost() + 1);
        mover.sh("touch /tmp/moved").orThrow();
        stayer.sh("touch /tmp/enough").orThrow();
        String received = Await.until("the sum of the stream", SOON, () -> mover.sh("cat /tmp/received").out().strip(), text -> !text.isEmpty());
        int parts = Integer.parseInt(stayer.sh("cat /tmp/count").orThrow().strip());
        String sent = stayer.sh("n=0; while [ $n -lt " + parts + " ]; do part $n; n=$((n+1)); done | sha256sum").orThrow().strip();
        List<String> announcements = from.announcements();
        System.out.printf("a guest moved in %d ms, pings away for at most %d ms, a stream of %d KiB arrived %s,"
                + " %d announcements%n", took / 1_000_000, away, 64 * parts, received.equals(sent) ? "as it was sent" : "changed",
                announcements.size() - announced);
        assertThat(received).as("what a stream brought while the guest moved").isEqualTo(sent);
        assertThat(announcements).as("announcements that came to where it was").hasSizeGreaterThan(announced);
        assertThat(away).isLessThan(10_000);
        assertThat(state()).isEqualTo(state);
        hosts[to].agent.awaitNic(MOVER, "wired");
        from.agent.awaitNic(MOVER, "ready");
    }
}
