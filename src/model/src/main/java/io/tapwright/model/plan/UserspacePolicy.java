package io.tapwright.model.plan;

import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.TapOwner;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the ways to the switch in user space have in common.
 *
 * @param socketDirectory where the sockets of our NICs lie; a NIC whose socket lies elsewhere is somebody else's. Empty
 *                        where all of them are.
 * @param tapOwner        who opens the taps between the switch and the bridges
 */
public record UserspacePolicy(Optional<Path> socketDirectory, TapOwner tapOwner) {

    public static final UserspacePolicy NONE = new UserspacePolicy(Optional.empty(), TapOwner.NOBODY);

    /** True for a NIC that points into our directory, be it on a way that is refused. */
    public boolean isOurs(InterfaceSpec spec) {
        return spec.vhostUser().isPresent() && socketDirectory.isPresent()
                && leadsInto(socketDirectory.get(), spec.vhostUser().get().path());
    }

    private static boolean leadsInto(Path directory, String written) {
        try {
            Path path = Path.of(written);
            return path.startsWith(directory) || path.normalize().startsWith(directory);
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
