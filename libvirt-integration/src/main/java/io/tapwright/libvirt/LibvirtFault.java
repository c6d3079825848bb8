package io.tapwright.libvirt;

/** A libvirt call failed: what was being done, and libvirt's own words. */
final class LibvirtFault extends Exception {

    private static final long serialVersionUID = 1L;

    /** {@code VIR_ERR_NO_DOMAIN} (libvirt/virterror.h). */
    private static final int NO_DOMAIN = 42;

    private final int code;

    /** @param code of {@code virErrorNumber} (libvirt/virterror.h); 0 where libvirt gave none */
    LibvirtFault(String doing, int code, String message) {
        super(doing + ": " + message);
        this.code = code;
    }

    boolean isNoDomain() {
        return code == NO_DOMAIN;
    }
}
