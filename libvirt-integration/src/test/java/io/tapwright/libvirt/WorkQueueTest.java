package io.tapwright.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkQueueTest {

    private static final DomainId A = id(1);
    private static final DomainId B = id(2);

    private final AtomicLong now = new AtomicLong();
    private final WorkQueue queue = new WorkQueue(now::get);

    @Test
    void aSessionBeginsWithAListing() {
        queue.begin(1);

        assertThat(queue.take()).isEqualTo(new Work.ListAll(Set.of()));
    }

    @Test
    void aDomainWaitsOnceHoweverOftenItIsNamed() {
        listed();
        queue.event("RESUMED", A);
        queue.event("STARTED", A);
        queue.read(B);
        queue.event("STARTED", A);
        queue.read(A);

        assertThat(queue.take()).isEqualTo(new Work.Tell(Map.of("RESUMED", 1, "STARTED", 2), List.of()));
        assertThat(queue.take()).isEqualTo(new Work.Read(A));
        assertThat(queue.take()).isEqualTo(new Work.Read(B));
        queue.close();
        assertThat(queue.take()).isEqualTo(new Work.Closed());
    }

    @Test
    void aDomainNamedWhileItIsBeingReadIsReadAgain() {
        listed();
        queue.read(A);
        assertThat(queue.take()).isEqualTo(new Work.Read(A));
        queue.read(A);

        assertThat(queue.take()).isEqualTo(new Work.Read(A));
    }

    @Test
    void manyReadsAreSiftedOnceAndWhatIsLeftOfThemIsReadOneByOne() {
        listed();
        List<DomainId> many = IntStream.range(0, WorkQueue.MANY).mapToObj(WorkQueueTest::id).toList();
        many.forEach(id -> queue.event("UNDEFINED", id));

        assertThat(queue.take()).isInstanceOf(Work.Tell.class);
        assertThat(queue.take()).isEqualTo(new Work.Sift(Set.copyOf(many)));
        queue.giveBack(many);

        for (DomainId id : many) {
            assertThat(queue.take()).isEqualTo(new Work.Read(id));
        }
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void aDomainNamedWhileItIsSiftedIsReadThoughItWasFoundGone() {
        listed();
        IntStream.range(0, WorkQueue.MANY).mapToObj(WorkQueueTest::id).forEach(id -> queue.event("STOPPED", id));
        assertThat(queue.take()).isInstanceOf(Work.Tell.class);
        assertThat(queue.take()).isInstanceOf(Work.Sift.class);
        queue.event("DEFINED", A);
        queue.giveBack(List.of());

        assertThat(queue.take()).isInstanceOf(Work.Tell.class);
        assertThat(queue.take()).isEqualTo(new Work.Read(A));
    }

    @Test
    void manyReadsOfDomainsThatStartAreNotSifted() {
        listed();
        IntStream.range(0, 2 * WorkQueue.MANY).mapToObj(WorkQueueTest::id).forEach(id -> queue.event("STARTED", id));

        assertThat(queue.take()).isInstanceOf(Work.Tell.class);
        assertThat(queue.take()).isInstanceOf(Work.Read.class);
    }

    @Test
    void aListingTakesTheWaitingReadsWithIt() {
        listed();
        queue.read(A);
        queue.listAll();
        queue.listAll();

        assertThat(queue.take()).isEqualTo(new Work.ListAll(Set.of(A)));
        queue.close();
        assertThat(queue.take()).isEqualTo(new Work.Closed());
    }

    @Test
    void aStormCostsAFewReadsAndEndsWithOne() {
        listed();
        int reads = 0;
        for (int ms = 0; ms < 1000; ms++) {
            now.set(TimeUnit.MILLISECONDS.toNanos(ms));
            queue.event("RESUMED", A);
            assertThat(queue.take()).isInstanceOf(Work.Tell.class);
            reads += queue.poll().isPresent() ? 1 : 0;
        }
        assertThat(reads).isBetween(ReadPace.BURST, ReadPace.BURST + 4);
        now.addAndGet(ReadPace.INTERVAL.toNanos());
        assertThat(queue.take()).isEqualTo(new Work.Read(A));
    }

    @Test
    void whatComesBetweenSessionsIsDropped() {
        queue.read(A);
        queue.event("STARTED", A);
        queue.listAll();
        queue.lost(0, "nothing to lose");
        listed();
        queue.read(A);
        queue.end();
        queue.begin(2);

        assertThat(queue.take()).isEqualTo(new Work.ListAll(Set.of()));
        queue.close();
        assertThat(queue.take()).isEqualTo(new Work.Closed());
    }

    @Test
    void aLateWordAboutAnEarlierSessionCostsNothing() {
        queue.begin(1);
        queue.end();
        queue.begin(2);
        queue.lost(1, "late");

        assertThat(queue.isInterrupted()).isFalse();
        assertThat(queue.take()).isEqualTo(new Work.ListAll(Set.of()));
        queue.lost(2, "first");
        queue.lost(2, "second");
        assertThat(queue.isInterrupted()).isTrue();
        assertThat(queue.take()).isEqualTo(new Work.Lost("first"));
    }

    @Test
    void problemsAreFewAndOutliveASession() {
        for (int i = 0; i < 1000; i++) {
            queue.problem("p" + i % 100);
        }
        queue.begin(1);

        Work.Tell tell = (Work.Tell) queue.take();
        assertThat(tell.problems()).hasSize(16).doesNotHaveDuplicates();
    }

    @Test
    void takeWaitsForWork() throws Exception {
        listed();
        CompletableFuture<Work> taken = CompletableFuture.supplyAsync(queue::take);
        queue.read(A);

        assertThat(taken.get(5, TimeUnit.SECONDS)).isEqualTo(new Work.Read(A));
    }

    @Test
    void closingEndsEveryWait() throws Exception {
        WorkQueue real = new WorkQueue(System::nanoTime);
        CompletableFuture<Work> taken = CompletableFuture.supplyAsync(real::take);
        CompletableFuture<Boolean> slept = CompletableFuture.supplyAsync(() -> real.awaitClosed(Duration.ofMinutes(1)));
        real.close();

        assertThat(taken.get(5, TimeUnit.SECONDS)).isEqualTo(new Work.Closed());
        assertThat(slept.get(5, TimeUnit.SECONDS)).isTrue();
        assertThat(new WorkQueue(System::nanoTime).awaitClosed(Duration.ofMillis(1))).isFalse();
    }

    private void listed() {
        queue.begin(1);
        assertThat(queue.take()).isEqualTo(new Work.ListAll(Set.of()));
    }

    private static DomainId id(long number) {
        return new DomainId(new UUID(0, number));
    }
}
