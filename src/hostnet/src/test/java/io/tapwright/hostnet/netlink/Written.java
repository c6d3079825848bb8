package io.tapwright.hostnet.netlink;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** What a writer wrote, read back. */
final class Written {

    private Written() {
    }

    static Message message(MessageWriter to) {
        return messages(to).getFirst();
    }

    static List<Message> messages(MessageWriter to) {
        return Capture.messages(to.written());
    }

    static Message message(Consumer<MessageWriter> writing) {
        MessageWriter to = new MessageWriter(ByteBuffer.allocate(4096));
        writing.accept(to);
        return message(to);
    }
}
