package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.AddressMessage;
import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.netlink.MessageWriter;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * {@link HostNetwork} on Linux. Any thread; a call blocks for at most the deadline to get a socket and the deadline for
 * each answer. Opened in one network namespace, it has to be used from threads in that namespace. The one who opened it
 * closes it, which ends its monitors.
 */
public final class LinuxHostNetwork implements HostNetwork {

    /**
     * @param deadline           how long the kernel may take for one answer
     * @param sockets            how many callers may talk to the kernel at once
     * @param monitorBufferBytes room for notifications that wait; the kernel doubles it
     */
    record Settings(Duration deadline, int sockets, int monitorBufferBytes) {
        static final Settings DEFAULT = new Settings(Duration.ofSeconds(2), 4, 4 << 20);
    }

    private final Settings settings;
    private final NetlinkSocketPool pool;
    private final Taps taps;
    private final Bridges bridges;
    private final Uplinks uplinks;
    private final LinkChanges changes;
    private final BulkDeletion deletion;
    private final Layer3 layer3;
    private final Set<LinkMonitor> monitors = ConcurrentHashMap.newKeySet();

    private LinuxHostNetwork(Settings settings) {
        this.settings = settings;
        this.pool = new NetlinkSocketPool(settings.sockets(), settings.deadline());
        this.taps = new Taps(pool);
        this.bridges = new Bridges(pool);
        this.layer3 = new Layer3(pool);
        this.uplinks = new Uplinks(pool, layer3);
        this.changes = new LinkChanges(pool);
        this.deletion = new BulkDeletion(pool);
    }

    /**
     * Opens the calling thread's network namespace. Reading needs no privilege.
     *
     * @throws HostNetworkException where the kernel gives no netlink socket
     */
    public static LinuxHostNetwork open() {
        return open(Settings.DEFAULT);
    }

    static LinuxHostNetwork open(Settings settings) {
        return doing(() -> "open the host's network", () -> new LinuxHostNetwork(settings));
    }

    @Override
    public Optional<Link> link(InterfaceName name) {
        return doing(() -> "read device " + name, () -> read(to -> LinkMessage.get(to, name)));
    }

    @Override
    public Optional<Link> link(int index) {
        return doing(() -> "read the device with index " + index, () -> read(to -> LinkMessage.get(to, index)));
    }

    private Optional<Link> read(Consumer<MessageWriter> question) {
        try {
            return pool.use(socket -> socket.ask(question, LinkDecoder::decode));
        } catch (SystemCallException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public List<Link> links(Detail detail) {
        return doing(() -> "read all devices", () -> pool.use(socket -> socket.dump(LinkMessage::dump, switch (detail) {
            case STATE -> LinkDecoder::decode;
            case COUNTERS -> LinkDecoder::decodeWithCounters;
        })));
    }

    @Override
    public List<Address> addresses(LinkRef link) {
        return doing(() -> "read the addresses of " + link,
                () -> layer3.addresses(link).stream().map(AddressMessage.Carried::address).toList());
    }

    @Override
    public List<Route> routes(LinkRef link) {
        return doing(() -> "read the routes through " + link,
                () -> layer3.routes(link).stream().map(carried -> carried.route()).toList());
    }

    @Override
    public void apply(HostAction action) {
        doing(() -> operation(action), () -> {
            carryOut(action);
            return action;
        });
    }

    private void carryOut(HostAction action) {
        switch (action) {
            case HostAction.CreateTap tap -> taps.create(tap);
            case HostAction.ChangeLink(LinkRef link, LinkChange change) -> changes.change(link, change);
            case HostAction.DeleteLink(LinkRef link) -> demand(to -> LinkMessage.delete(to, link.index()), Errno.ENODEV);
            case HostAction.DeleteLinks(List<LinkRef> links) -> deletion.delete(links);
            case HostAction.RenameLink(LinkRef link, InterfaceName name) -> changes.rename(link, name);
            case HostAction.CreateBridge bridge -> bridges.create(bridge);
            case HostAction.AddAddress(LinkRef link, Address address) ->
                    demand(to -> AddressMessage.add(to, link, address), Errno.EEXIST);
            case HostAction.RemoveAddress(LinkRef link, Address address) ->
                    demand(to -> AddressMessage.remove(to, link, address), Errno.EADDRNOTAVAIL);
            case HostAction.AttachUplink attach -> uplinks.attach(attach);
            case HostAction.DetachUplink detach -> uplinks.detach(detach);
        }
    }

    private void demand(Consumer<MessageWriter> request, Errno asWanted) {
        try {
            pool.use(socket -> {
                socket.demand(request);
                return socket;
            });
        } catch (SystemCallException e) {
            if (!e.errno().equals(asWanted)) {
                throw e;
            }
        }
    }

    /** The action in words for its failure; where it attaches a device, to which bridge by name. */
    private String operation(HostAction action) {
        return switch (action) {
            case HostAction.CreateTap(InterfaceName name, _, _, LinkChange settings) ->
                    "create tap " + name + (attaches(settings) ? " and attach it to " + masterName(settings) : "");
            case HostAction.ChangeLink(LinkRef link, LinkChange change) when attaches(change) -> {
                LinkChange rest = new LinkChange(
                        change.mac(), change.mtu(), change.alias(), Optional.empty(), change.up(), change.ipv6Off());
                yield "attach " + link + " to " + masterName(change) + (rest.isEmpty() ? "" : " (" + rest + ")");
            }
            case HostAction.ChangeLink _, HostAction.DeleteLink _, HostAction.DeleteLinks _, HostAction.RenameLink _,
                 HostAction.CreateBridge _, HostAction.AddAddress _, HostAction.RemoveAddress _, HostAction.AttachUplink _,
                 HostAction.DetachUplink _ -> action.toString();
        };
    }

    private static boolean attaches(LinkChange change) {
        return change.master().orElse(Link.NO_MASTER) != Link.NO_MASTER;
    }

    private String masterName(LinkChange change) {
        int index = change.master().orElseThrow();
        try {
            return read(to -> LinkMessage.get(to, index)).map(l -> l.name().text()).orElse("index " + index);
        } catch (SystemCallException unreadable) {
            return "index " + index;
        }
    }

    @Override
    public AutoCloseable monitor(LinkListener listener) {
        return doing(() -> "listen to changes of devices", () -> {
            LinkMonitor monitor = LinkMonitor.start(listener, this::link, settings.monitorBufferBytes());
            monitors.add(monitor);
            return () -> {
                monitors.remove(monitor);
                monitor.close();
            };
        });
    }

    @Override
    public void close() {
        monitors.forEach(LinkMonitor::close);
        monitors.clear();
        pool.close();
    }

    private static <T> T doing(Supplier<String> operation, Supplier<T> work) {
        try {
            return work.get();
        } catch (SystemCallException e) {
            HostNetworkException refused = new HostNetworkException(operation.get(), e.errno(), e.detail());
            refused.initCause(e);
            throw refused;
        }
    }
}
