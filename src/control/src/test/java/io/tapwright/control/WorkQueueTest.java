package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkQueueTest {

    private final HandClock clock = new HandClock();
    private final WorkQueue<String> queue = new WorkQueue<>(clock);
    private final List<Thread> threads = new ArrayList<>();
    private final List<WorkQueue<?>> threaded = new ArrayList<>();

    @AfterEach
    void endThreads() throws InterruptedException {
        threaded.forEach(WorkQueue::close);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void keysComeInTheOrderInWhichTheyWereAdded() {
        queue.add("a");
        queue.add("b");
        assertThat(takeAll()).containsExactly("a", "b");
    }

    @Test
    void equalKeysThatWaitAreOne() {
        queue.add("a");
        queue.add("b");
        queue.add("a");
        assertThat(queue.depth()).isEqualTo(2);
        assertThat(takeAll()).containsExactly("a", "b");
    }

    @Test
    void aKeyThatIsBeingWorkedOnWaitsUntilThatIsDone() {
        queue.add("a");
        assertThat(queue.poll()).isEqualTo("a");
        queue.add("a");
        queue.add("a");
        assertThat(queue.poll()).isNull();
        assertThat(queue.depth()).isEqualTo(1);
        queue.done("a", null);
        assertThat(queue.poll()).isEqualTo("a");
        queue.done("a", null);
        assertThat(queue.poll()).isNull();
    }

    @Test
    void aKeyThatIsBeingWorkedOnHoldsNoOtherUp() {
        queue.add("a");
        queue.poll();
        queue.add("a");
        queue.add("b");
        queue.addUrgent("a");
        assertThat(queue.poll()).isEqualTo("b");
    }

    @Test
    void urgentKeysGoFirstInTheirOwnOrder() {
        queue.add("a");
        queue.add("b");
        queue.addUrgent("c");
        queue.addUrgent("b");
        queue.addUrgent("c");
        assertThat(takeAll()).containsExactly("c", "b", "a");
    }

    @Test
    void anUrgentKeyIsTakenOnce() {
        queue.addUrgent("a");
        queue.add("a");
        assertThat(takeAll()).containsExactly("a");
    }

    @Test
    void aWaiterIsAnsweredByWorkThatBeganAfterItAsked() {
        queue.add("a");
        queue.poll();
        CompletableFuture<Void> asked = queue.addUrgent("a");
        queue.done("a", null);
        assertThat(asked).as("the work of before").isNotDone();
        queue.poll();
        CompletableFuture<Void> later = queue.addUrgent("a");
        queue.done("a", null);
        assertThat(asked).isCompleted();
        assertThat(later).isNotDone();
        queue.poll();
        queue.done("a", null);
        assertThat(later).isCompleted();
    }

    @Test
    void everyWaiterOfOneKeyIsAnsweredByOneRun() {
        CompletableFuture<Void> first = queue.addUrgent("a");
        CompletableFuture<Void> second = queue.addUrgent("a");
        assertThat(takeAll()).containsExactly("a");
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
    }

    @Test
    void aWaiterHearsWhyTheWorkCameToNothing() {
        CompletableFuture<Void> asked = queue.addUrgent("a");
        queue.poll();
        queue.done("a", new IllegalArgumentException("no such thing"));
        assertThatThrownBy(asked::join).isInstanceOf(CompletionException.class).hasRootCauseMessage("no such thing");
    }

    @Test
    void aClosedQueueLeavesNobodyWaiting() throws InterruptedException {
        CompletableFuture<Void> asked = queue.addUrgent("a");
        queue.close();
        assertThat(asked).isCompletedExceptionally();
        assertThat(queue.addUrgent("b")).isCompletedExceptionally();
        assertThat(queue.take()).isNull();
    }

    @Test
    void workThatWasTakenBeforeTheCloseStillAnswers() {
        CompletableFuture<Void> asked = queue.addUrgent("a");
        queue.poll();
        queue.close();
        assertThat(asked).isNotDone();
        queue.done("a", null);
        assertThat(asked).isCompletedWithValue(null);
    }

    @Test
    void aDelayedKeyComesWhenItIsDue() {
        queue.addAfter("a", Duration.ofSeconds(10));
        clock.pass(Duration.ofSeconds(9));
        assertThat(queue.poll()).isNull();
        assertThat(queue.depth()).isZero();
        clock.pass(Duration.ofSeconds(1));
        assertThat(queue.poll()).isEqualTo("a");
        queue.done("a", null);
        clock.pass(Duration.ofSeconds(100));
        assertThat(queue.poll()).isNull();
    }

    @Test
    void ofSeveralDelaysOfAKeyTheEarliestCountsOnce() {
        queue.addAfter("a", Duration.ofSeconds(10));
        queue.addAfter("a", Duration.ofSeconds(5));
        queue.addAfter("a", Duration.ofSeconds(20));
        clock.pass(Duration.ofSeconds(6));
        assertThat(takeAll()).containsExactly("a");
        clock.pass(Duration.ofSeconds(100));
        assertThat(takeAll()).isEmpty();
    }

    @Test
    void aKeyCanBeDelayedAgainAfterItCame() {
        queue.addAfter("a", Duration.ofSeconds(5));
        clock.pass(Duration.ofSeconds(6));
        assertThat(takeAll()).containsExactly("a");
        queue.addAfter("a", Duration.ofSeconds(5));
        clock.pass(Duration.ofSeconds(6));
        assertThat(takeAll()).containsExactly("a");
    }

    @Test
    void aDelayOfAKeyThatWaitsAnywayMakesNoSecondOne() {
        queue.addAfter("a", Duration.ofSeconds(5));
        queue.add("a");
        clock.pass(Duration.ofSeconds(6));
        assertThat(takeAll()).containsExactly("a");
    }

    @Test
    void delayedKeysComeInTheOrderInWhichTheyAreDue() {
        queue.addAfter("late", Duration.ofSeconds(3));
        queue.addAfter("soon", Duration.ofSeconds(1));
        queue.addAfter("middle", Duration.ofSeconds(2));
        clock.pass(Duration.ofSeconds(4));
        assertThat(takeAll()).containsExactly("soon", "middle", "late");
    }

    @Test
    void tellsHowManyWaitAndHowLong() {
        assertThat(queue.oldestAge()).isZero();
        queue.add("a");
        clock.pass(Duration.ofSeconds(2));
        queue.add("b");
        queue.add("a");
        clock.pass(Duration.ofSeconds(1));
        assertThat(queue.depth()).isEqualTo(2);
        assertThat(queue.oldestAge()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3100));
    }

    @Test
    void manyThreadsLoseNothingAndNeverWorkOnOneKeyTogether() throws InterruptedException {
        WorkQueue<Integer> busy = threaded(new WorkQueue<>(System::nanoTime));
        int keys = 17;
        int adders = 4;
        int roundsEach = 5_000;
        AtomicInteger[] wanted = new AtomicInteger[keys];
        int[] seen = new int[keys]; // written under the key's exclusion only: a race would show as a lost update
        Map<Integer, Boolean> working = new ConcurrentHashMap<>();
        AtomicInteger together = new AtomicInteger();
        for (int i = 0; i < keys; i++) {
            wanted[i] = new AtomicInteger();
        }
        for (int i = 0; i < 4; i++) {
            work(busy, key -> {
                if (working.put(key, true) != null) {
                    together.incrementAndGet();
                }
                seen[key] = wanted[key].get();
                working.remove(key);
            });
        }
        CountDownLatch added = new CountDownLatch(adders);
        for (int a = 0; a < adders; a++) {
            int seed = a;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < roundsEach; i++) {
                    int key = (i * 31 + seed) % keys;
                    wanted[key].incrementAndGet();
                    if (i % 3 == 0) {
                        busy.addUrgent(key);
                    } else if (i % 7 == 0) {
                        busy.addAfter(key, Duration.ofNanos(i));
                    } else {
                        busy.add(key);
                    }
                }
                added.countDown();
            }));
        }
        added.await();
        List<CompletableFuture<Void>> last = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            last.add(busy.addUrgent(key));
        }
        last.forEach(CompletableFuture::join);
        assertThat(together).hasValue(0);
        for (int key = 0; key < keys; key++) {
            assertThat(seen[key]).as("last state seen of key " + key).isEqualTo(wanted[key].get());
        }
    }

    @Test
    void whatIsAddedWhileAllWaitIsTakenAtOnce() throws Exception {
        WorkQueue<String> idle = threaded(new WorkQueue<>(System::nanoTime));
        work(idle, key -> { });
        work(idle, key -> { });
        for (int i = 0; i < 2_000; i++) {
            idle.addUrgent("a").get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void aDelayIsKeptThoughTheWorkerThatWatchedItIsBusy() throws Exception {
        WorkQueue<String> shared = threaded(new WorkQueue<>(System::nanoTime));
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch delayedKey = new CountDownLatch(1);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            workers.add(work(shared, key -> {
                switch (key) {
                    case "stuck" -> awaitQuietly(release);
                    case "delayed" -> delayedKey.countDown();
                    default -> { }
                }
            }));
        }
        awaitAllWaiting(workers);
        // One worker watches the delay; the other works, comes back and waits without a time.
        shared.addAfter("delayed", Duration.ofSeconds(2));
        awaitState(workers, Thread.State.TIMED_WAITING);
        shared.addUrgent("short").get(5, TimeUnit.SECONDS);
        awaitAllWaiting(workers);
        shared.addUrgent("stuck");
        assertThat(delayedKey.await(10, TimeUnit.SECONDS)).as("the delayed key, while the other worker is stuck").isTrue();
        release.countDown();
    }

    private List<String> takeAll() {
        List<String> all = new ArrayList<>();
        for (String key = queue.poll(); key != null; key = queue.poll()) {
            all.add(key);
            queue.done(key, null);
        }
        return all;
    }

    private <K> WorkQueue<K> threaded(WorkQueue<K> shared) {
        threaded.add(shared);
        return shared;
    }

    private <K> Thread work(WorkQueue<K> shared, Consumer<K> work) {
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                for (K key = shared.take(); key != null; key = shared.take()) {
                    work.accept(key);
                    shared.done(key, null);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(thread);
        return thread;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitAllWaiting(List<Thread> workers) {
        while (!workers.stream().allMatch(t -> t.getState() == Thread.State.WAITING || t.getState() == Thread.State.TIMED_WAITING)) {
            Thread.onSpinWait();
        }
    }

    private static void awaitState(List<Thread> workers, Thread.State state) {
        while (workers.stream().noneMatch(t -> t.getState() == state)) {
            Thread.onSpinWait();
        }
    }
}
