package io.tapwright.vswitch.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class MacTableTest {

    private final MacTable table = new MacTable(1024, 512);

    private static long mac(int number) {
        return 0x0000_0000_0002L | (long) number << 16;
    }

    @Test
    void anAddressIsAtThePortThatItWasLastHeardFrom() {
        assertThat(table.portOf(mac(1))).isEqualTo(MacTable.UNKNOWN);
        table.learn(mac(1), 0, 1);
        assertThat(table.portOf(mac(1))).isZero();
        table.learn(mac(1), 7, 2);
        assertThat(table.portOf(mac(1))).isEqualTo(7);
        assertThat(table.moves()).isEqualTo(1);
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void aStaticAddressDoesNotMoveWhateverTheSourcesSay() {
        table.fix(mac(1), 3);
        table.learn(mac(1), 5, 1);
        assertThat(table.portOf(mac(1))).isEqualTo(3);
        table.fix(mac(1), 6);
        assertThat(table.portOf(mac(1))).isEqualTo(6);
        table.expire(1000);
        assertThat(table.portOf(mac(1))).isEqualTo(6);
    }

    @Test
    void whatWasLearnedBecomesStaticWhereItIsFixed() {
        table.learn(mac(1), 3, 1);
        table.fix(mac(1), 4);
        table.learn(mac(1), 3, 2);
        assertThat(table.portOf(mac(1))).isEqualTo(4);
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void aStaticAddressThatIsLoosenedStaysUntilItIsHeardElsewhereOrNoMore() {
        table.fix(mac(1), 3);
        table.loosen(mac(1), 4, 10);
        table.learn(mac(1), 5, 10);
        assertThat(table.portOf(mac(1))).as("which only its own port can").isEqualTo(3);
        table.loosen(mac(1), 3, 10);
        assertThat(table.portOf(mac(1))).isEqualTo(3);
        table.learn(mac(1), 5, 11);
        assertThat(table.portOf(mac(1))).isEqualTo(5);
        table.loosen(mac(1), 5, 100);
        table.expire(12);
        assertThat(table.portOf(mac(1))).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.size()).isZero();
    }

    @Test
    void aPortLearnsNoMoreThanItsShareAndTheOthersGoOnLearning() {
        for (int i = 0; i < 2000; i++) {
            table.learn(mac(i), 1, 1);
        }
        assertThat(table.size()).isLessThanOrEqualTo(512).isGreaterThan(400);
        assertThat(table.refused()).isEqualTo(2000 - table.size());
        table.learn(mac(5000), 2, 1);
        assertThat(table.portOf(mac(5000))).isEqualTo(2);
    }

    @Test
    void anAddressThatMovesCountsAgainstTheShareOfThePortThatItMovesTo() {
        for (int i = 0; i < 1000; i++) {
            table.learn(mac(i), i % 2, 1);
        }
        int size = table.size();
        for (int i = 0; i < 1000; i++) {
            table.learn(mac(i), 1, 2);
        }
        assertThat(behind(1)).isEqualTo(512);
        assertThat(table.size()).isEqualTo(size);
        table.fix(mac(0), 1);
        assertThat(table.portOf(mac(0))).as("what is fixed has no share").isEqualTo(1);
    }

    private int behind(int port) {
        int count = 0;
        for (int i = 0; i < 1000; i++) {
            count += table.portOf(mac(i)) == port ? 1 : 0;
        }
        return count;
    }

    @Test
    void theTableLearnsNoMoreThanItsCapacity() {
        for (int i = 0; i < 5000; i++) {
            table.learn(mac(i), i % 100, 1);
        }
        assertThat(table.size()).isEqualTo(1024);
        assertThat(table.refused()).isEqualTo(5000 - 1024);
        table.forget(3);
        table.learn(mac(9999), 4, 1);
        assertThat(table.portOf(mac(9999))).as("there is room again").isEqualTo(4);
    }

    @Test
    void whoWasNotHeardOfForLongIsForgottenAndWhoWasIsNot() {
        table.learn(mac(1), 1, 100);
        table.learn(mac(2), 1, 100);
        table.learn(mac(2), 1, 200);
        table.expire(150);
        assertThat(table.portOf(mac(1))).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.portOf(mac(2))).isEqualTo(1);
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void secondsThatWrapAroundAgeAsOthersDo() {
        table.learn(mac(1), 1, Integer.MAX_VALUE - 1);
        table.expire(Integer.MIN_VALUE + 10);
        assertThat(table.portOf(mac(1))).isEqualTo(MacTable.UNKNOWN);
        table.learn(mac(2), 1, Integer.MIN_VALUE + 5);
        table.expire(Integer.MAX_VALUE - 5);
        assertThat(table.portOf(mac(2))).isEqualTo(1);
    }

    @Test
    void aPortThatGoesTakesItsAddressesAlong() {
        table.learn(mac(1), 1, 1);
        table.fix(mac(2), 1);
        table.learn(mac(3), 2, 1);
        table.forget(1);
        assertThat(table.portOf(mac(1))).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.portOf(mac(2))).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.portOf(mac(3))).isEqualTo(2);
        for (int i = 10; i < 522; i++) {
            table.learn(mac(i), 1, 1);
        }
        assertThat(table.size()).as("its share is free again").isGreaterThan(400);
    }

    @Test
    void aStaticAddressPushesALearnedOneOutOfAFullTable() {
        MacTable small = new MacTable(16, 1000);
        for (int i = 0; i < 5000; i++) {
            small.learn(mac(i), 1, 1);
        }
        assertThat(small.size()).isEqualTo(16);
        for (int i = 10_000; i < 10_016; i++) {
            small.fix(mac(i), 2);
        }
        for (int i = 10_000; i < 10_016; i++) {
            assertThat(small.portOf(mac(i))).isEqualTo(2);
        }
        int learned = 0;
        for (int i = 0; i < 5000; i++) {
            learned += small.portOf(mac(i)) == 1 ? 1 : 0;
        }
        assertThat(learned).isEqualTo(small.size() - 16).isLessThan(16);
    }

    @Test
    void addressesThatFollowEachOtherSpreadOverTheBucketsWhateverTheMultiplier() {
        Random random = new Random(1);
        for (int seed = 0; seed < 2000; seed++) {
            long multiplier = random.nextLong() | 1;
            MacTable byLastOctet = new MacTable(1024, 512, multiplier);
            MacTable byThirdOctet = new MacTable(1024, 512, multiplier);
            for (int i = 0; i < 256; i++) {
                byLastOctet.learn(mac(1) | (long) i << 40, 1, 1);
            }
            for (int i = 0; i < 512; i++) {
                byThirdOctet.learn(mac(i), 1, 1);
            }
            assertThat(byLastOctet.size()).as("by the last octet, with %d", multiplier).isGreaterThan(240);
            assertThat(byThirdOctet.size()).as("by the third octet, with %d", multiplier).isGreaterThan(500);
        }
    }

    @Test
    void theLastPortOfANetworkIsLikeAnyOther() {
        table.learn(mac(1), MacTable.MOST_PORTS, 1);
        assertThat(table.portOf(mac(1))).isEqualTo(MacTable.MOST_PORTS);
        table.forget(MacTable.MOST_PORTS);
        assertThat(table.size()).isZero();
    }

    @Test
    void aTableOfAnOddSizeIsRefused() {
        assertThatThrownBy(() -> new MacTable(100, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MacTable(8, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whoLooksUpWhileOthersLearnAndForgetFindsThePortOrNothing() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        table.fix(mac(999_999), 9);
        Thread writer = Thread.ofPlatform().start(() -> {
            for (int round = 0; round < 200; round++) {
                for (int i = 0; i < 300; i++) {
                    table.learn(mac(i), i % 5, round);
                }
                table.expire(round);
                table.forget(round % 5);
            }
            done.set(true);
        });
        long found = 0;
        boolean isLast;
        do {
            isLast = done.get();
            for (int i = 0; i < 300; i++) {
                int port = table.portOf(mac(i));
                if (port != MacTable.UNKNOWN) {
                    found++;
                }
            }
            assertThat(table.portOf(mac(999_999))).isEqualTo(9);
        } while (!isLast);
        writer.join();
        assertThat(found).isPositive();
    }
}
