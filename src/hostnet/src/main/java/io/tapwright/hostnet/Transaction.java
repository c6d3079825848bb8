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

/** Steps that go to the kernel together, each with the way back; where one fails, those that succeeded are undone. */
final class Transaction {

    private final List<Step> steps = new ArrayList<>();

    /** @param asWanted refusals that mean there was nothing to do, and so nothing to undo */
    private record Step(Consumer<MessageWriter> request, Consumer<MessageWriter> undo, Set<Errno> asWanted) {
    }

    void add(Consumer<MessageWriter> request, Consumer<MessageWriter> undo, Errno... asWanted) {
        steps.add(new Step(request, undo, Set.of(asWanted)));
    }

    /** @throws SystemCallException the first that failed, since what fails after it may fail because of it */
    void run(NetlinkSocket socket) {
        if (steps.isEmpty()) {
            return;
        }
        List<Optional<SystemCallException>> outcomes = socket.request(to -> steps.forEach(step -> step.request.accept(to)));
        Optional<SystemCallException> failure = Optional.empty();
        List<Step> done = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Optional<SystemCallException> outcome = outcomes.get(i);
            Set<Errno> asWanted = steps.get(i).asWanted;
            if (outcome.isEmpty()) {
                done.add(steps.get(i));
            } else if (failure.isEmpty()) {
                failure = outcome.filter(refusal -> !asWanted.contains(refusal.errno()));
            }
        }
        if (failure.isPresent()) {
            putBack(done.reversed(), socket, failure.get());
            throw failure.get();
        }
    }

    private static void putBack(List<Step> done, NetlinkSocket socket, SystemCallException failure) {
        if (done.isEmpty()) {
            return;
        }
        try {
            socket.request(to -> done.forEach(step -> step.undo.accept(to)))
                    .forEach(outcome -> outcome.ifPresent(failure::addSuppressed));
        } catch (SystemCallException alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }
}
