package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.MessageWriter;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.model.host.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Steps to the kernel, each with the way back. They go in datagrams, {@link #commit} by commit, since the kernel carries
 * a datagram out within one system call; where anything fails, all steps that succeeded are undone.
 */
final class Transaction {

    private final NetlinkSocket socket;
    private final List<Step> next = new ArrayList<>();
    private final List<Step> done = new ArrayList<>();

    /** @param asWanted refusals that mean there was nothing to do, and so nothing to undo */
    private record Step(Consumer<MessageWriter> request, Consumer<MessageWriter> undo, Set<Errno> asWanted) {
    }

    private Transaction(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Does {@code work}, all of it or nothing. */
    static void run(NetlinkSocket socket, Consumer<Transaction> work) {
        Transaction transaction = new Transaction(socket);
        try {
            work.accept(transaction);
            transaction.commit();
        } catch (SystemCallException failure) {
            transaction.putBack(failure);
            throw failure;
        }
    }

    /** A step of the next datagram. */
    void add(Consumer<MessageWriter> request, Consumer<MessageWriter> undo, Errno... asWanted) {
        next.add(new Step(request, undo, Set.of(asWanted)));
    }

    /** Sends the steps that were added since the last time; fails with the first refusal, the cause of those after it. */
    void commit() {
        if (!next.isEmpty()) {
            List<Step> steps = List.copyOf(next);
            next.clear();
            judge(steps, socket.request(to -> steps.forEach(step -> step.request.accept(to))));
        }
    }

    private void judge(List<Step> steps, List<Optional<SystemCallException>> outcomes) {
        Optional<SystemCallException> failure = Optional.empty();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            Optional<SystemCallException> outcome = outcomes.get(i);
            if (outcome.isEmpty()) {
                done.add(step);
            } else if (failure.isEmpty()) {
                failure = outcome.filter(refusal -> !step.asWanted.contains(refusal.errno()));
            }
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    private void putBack(SystemCallException failure) {
        if (done.isEmpty()) {
            return;
        }
        try {
            socket.request(to -> done.reversed().forEach(step -> step.undo.accept(to)))
                    .forEach(outcome -> outcome.ifPresent(failure::addSuppressed));
        } catch (SystemCallException alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }
}
