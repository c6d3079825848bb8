package io.tapwright.switchctl;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What is to be asked of the switch, and who waits for the answer to what was: those whose questions go out as one share
 * it. Guarded by its owner, {@link SwitchClient}.
 */
final class Requests {

    /** All that is wanted; null before anybody has said so. */
    private DesiredSwitch desired;
    private boolean toApply;
    private List<CompletableFuture<SwitchState>> applying = new ArrayList<>();
    private List<CompletableFuture<SwitchState>> asking = new ArrayList<>();
    private final Map<Long, List<CompletableFuture<SwitchState>>> unanswered = new HashMap<>();
    private long lastId;

    /** This is wanted from now on, on every connection. */
    void want(DesiredSwitch wanted) {
        desired = wanted;
        toApply = true;
    }

    /** What is wanted has to be handed over on a new connection. */
    void applyAnew() {
        toApply = desired != null;
    }

    /** @return the answer to the handing over of what is wanted */
    CompletableFuture<SwitchState> apply() {
        return addTo(applying);
    }

    /** @return the answer to the question how things stand */
    CompletableFuture<SwitchState> ask() {
        return addTo(asking);
    }

    private static CompletableFuture<SwitchState> addTo(List<CompletableFuture<SwitchState>> waiting) {
        CompletableFuture<SwitchState> answer = new CompletableFuture<>();
        waiting.add(answer);
        return answer;
    }

    boolean areWaiting() {
        return toApply || !asking.isEmpty();
    }

    /** The next message of those that wait. @param answer completed with the others that wait for it */
    Message next(CompletableFuture<SwitchState> answer) {
        long id = ++lastId;
        if (toApply) {
            toApply = false;
            applying.add(answer);
            unanswered.put(id, applying);
            applying = new ArrayList<>();
            return new Message.Apply(id, desired);
        }
        asking.add(answer);
        unanswered.put(id, asking);
        asking = new ArrayList<>();
        return new Message.Ask(id);
    }

    /** Who waits for the answer to the message with this number; nobody where there was none. */
    List<CompletableFuture<SwitchState>> answered(long id) {
        List<CompletableFuture<SwitchState>> waiting = unanswered.remove(id);
        return waiting == null ? List.of() : waiting;
    }

    /** Nothing is answered any more. @return all who wait */
    List<CompletableFuture<SwitchState>> abandon() {
        List<CompletableFuture<SwitchState>> all = new ArrayList<>();
        unanswered.values().forEach(all::addAll);
        unanswered.clear();
        all.addAll(applying);
        all.addAll(asking);
        applying = new ArrayList<>();
        asking = new ArrayList<>();
        return all;
    }
}
