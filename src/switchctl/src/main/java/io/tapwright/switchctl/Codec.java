package io.tapwright.switchctl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.NetworkState;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Messages to lines and back. Pure; any thread. */
final class Codec {

    private static final JSON JSON_LINES = JSON.builder(JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build()).build();

    private Codec() {
    }

    /** The line without its end. */
    static byte[] line(Message message) {
        try {
            return JSON_LINES.asBytes(fieldsOf(message));
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
    }

    /** @throws MalformedMessageException where the line is none of the conversation's */
    static Message message(byte[] line) {
        Map<String, Object> values;
        try {
            values = JSON_LINES.mapFrom(line);
        } catch (JsonProcessingException e) {
            throw new MalformedMessageException("no JSON object in one line: " + e.getOriginalMessage().lines().findFirst().orElse(""), e);
        } catch (IOException e) {
            throw new MalformedMessageException("no JSON object in one line: " + e.getMessage(), e);
        }
        if (values == null) {
            throw new MalformedMessageException("no JSON object in one line: null");
        }
        Fields fields = new Fields("", values);
        return switch (fields.string("type")) {
            case "apply" -> new Message.Apply(fields.integer("id"), desired(fields.object("desired")));
            case "ask" -> new Message.Ask(fields.integer("id"));
            case "capture" -> new Message.Capture(fields.integer("id"), fields.string("network"), fields.string("port"),
                    fields.number("snapLength"));
            case "capturing" -> new Message.Capturing(fields.integer("answers"));
            case "welcome" -> new Message.Welcome(desired(fields.object("held")), state(fields.object("state")));
            case "state" -> new Message.State(fields.tryInteger("answers"), state(fields.object("state")));
            case "error" -> new Message.Failure(fields.tryInteger("answers"), fields.string("reason"));
            default -> fields.fail("type", "apply, ask, capture, capturing, welcome, state or error");
        };
    }

    /** The id of a request of which no more than that can be read, so that its refusal finds whoever asked. */
    static OptionalLong tryId(byte[] line) {
        try {
            Map<String, Object> values = JSON_LINES.mapFrom(line);
            return values == null ? OptionalLong.empty() : new Fields("", values).tryInteger("id");
        } catch (IOException | MalformedMessageException unreadable) {
            return OptionalLong.empty();
        }
    }

    private static Map<String, Object> fieldsOf(Message message) {
        Map<String, Object> out = new LinkedHashMap<>();
        switch (message) {
            case Message.Apply(long id, DesiredSwitch desired) -> {
                out.put("type", "apply");
                out.put("id", id);
                out.put("desired", fieldsOf(desired));
            }
            case Message.Ask(long id) -> {
                out.put("type", "ask");
                out.put("id", id);
            }
            case Message.Capture(long id, String network, String port, int snapLength) -> {
                out.put("type", "capture");
                out.put("id", id);
                out.put("network", network);
                out.put("port", port);
                out.put("snapLength", snapLength);
            }
            case Message.Capturing(long answers) -> {
                out.put("type", "capturing");
                out.put("answers", answers);
            }
            case Message.Welcome(DesiredSwitch held, SwitchState state) -> {
                out.put("type", "welcome");
                out.put("held", fieldsOf(held));
                out.put("state", fieldsOf(state));
            }
            case Message.State(OptionalLong answers, SwitchState state) -> {
                out.put("type", "state");
                answers.ifPresent(id -> out.put("answers", id));
                out.put("state", fieldsOf(state));
            }
            case Message.Failure(OptionalLong answers, String reason) -> {
                out.put("type", "error");
                answers.ifPresent(id -> out.put("answers", id));
                out.put("reason", reason);
            }
        }
        return out;
    }

    private static Map<String, Object> fieldsOf(DesiredSwitch desired) {
        return Map.of("networks", desired.networks().stream().map(network -> Map.of(
                "name", network.name(), "ports", network.ports().stream().map(Codec::fieldsOf).toList())).toList());
    }

    private static Map<String, Object> fieldsOf(DesiredPort port) {
        Map<String, Object> out = new LinkedHashMap<>();
        switch (port) {
            case VhostUserPort(String name, Path socket, boolean listen, MacAddress mac) -> {
                out.put("kind", "vhost-user");
                out.put("socket", socket.toString());
                out.put("listen", listen);
                out.put("mac", mac.text());
            }
            case TapPort(String name, InterfaceName device) -> {
                out.put("kind", "tap");
                out.put("device", device.text());
            }
        }
        out.put("name", port.name());
        return out;
    }

    private static Map<String, Object> fieldsOf(SwitchState state) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("pid", state.pid());
        out.put("startedAt", state.startedAt().toString());
        out.put("ports", state.ports().stream().map(Codec::fieldsOf).toList());
        out.put("networks", state.networks().stream().map(Codec::fieldsOf).toList());
        return out;
    }

    private static Map<String, Object> fieldsOf(NetworkState network) {
        return Map.of("name", network.network(), "addresses", network.addresses(), "moves", network.moves(),
                "refused", network.refused());
    }

    private static Map<String, Object> fieldsOf(PortState port) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("network", port.network());
        out.put("port", port.port());
        out.put("status", name(port.status()));
        out.put("reason", port.reason());
        out.put("since", port.since().toString());
        out.put("framesIn", port.counters().framesIn());
        out.put("bytesIn", port.counters().bytesIn());
        out.put("framesOut", port.counters().framesOut());
        out.put("bytesOut", port.counters().bytesOut());
        out.put("drops", port.counters().drops());
        return out;
    }

    private static DesiredSwitch desired(Fields fields) {
        return checked(fields, () -> new DesiredSwitch(fields.objects("networks").stream().map(Codec::network).toList()));
    }

    private static DesiredNetwork network(Fields fields) {
        String name = fields.string("name");
        List<DesiredPort> ports = fields.objects("ports").stream().map(Codec::port).toList();
        return checked(fields, () -> new DesiredNetwork(name, ports));
    }

    private static DesiredPort port(Fields fields) {
        String name = fields.string("name");
        return switch (fields.string("kind")) {
            case "vhost-user" -> {
                Path socket = fields.value("socket", Path::of);
                boolean listen = fields.bool("listen");
                MacAddress mac = fields.value("mac", MacAddress::new);
                yield checked(fields, () -> new VhostUserPort(name, socket, listen, mac));
            }
            case "tap" -> {
                InterfaceName device = fields.value("device", InterfaceName::new);
                yield checked(fields, () -> new TapPort(name, device));
            }
            default -> fields.fail("kind", "vhost-user or tap");
        };
    }

    private static SwitchState state(Fields fields) {
        return new SwitchState(fields.integer("pid"), fields.value("startedAt", Instant::parse),
                fields.objects("ports").stream().map(Codec::portState).toList(),
                fields.tryObjects("networks").stream().map(Codec::networkState).toList());
    }

    private static NetworkState networkState(Fields fields) {
        return new NetworkState(fields.string("name"), fields.number("addresses"), fields.integer("moves"), fields.integer("refused"));
    }

    private static PortState portState(Fields fields) {
        Fields drops = fields.object("drops");
        Map<String, Long> byReason = new LinkedHashMap<>();
        drops.values().keySet().forEach(reason -> byReason.put(reason.toString(), drops.integer(reason.toString())));
        return new PortState(fields.string("network"), fields.string("port"),
                status(fields),
                fields.string("reason"), fields.value("since", Instant::parse),
                new PortCounters(fields.integer("framesIn"), fields.integer("bytesIn"), fields.integer("framesOut"),
                        fields.integer("bytesOut"), byReason));
    }

    private static PortStatus status(Fields fields) {
        String text = fields.string("status");
        return Arrays.stream(PortStatus.values()).filter(status -> name(status).equals(text)).findFirst()
                .orElseGet(() -> fields.fail("status", "waiting, connected, running or failed"));
    }

    private static String name(PortStatus status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    /** What a record says of its own arguments, with the place at which they stand. */
    private static <T> T checked(Fields fields, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException(fields.path() + ": " + e.getMessage(), e);
        }
    }
}
