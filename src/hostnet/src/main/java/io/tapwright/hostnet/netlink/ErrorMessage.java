package io.tapwright.hostnet.netlink;

/**
 * What an NLMSG_ERROR, or the NLMSG_DONE of a dump, says.
 *
 * @param errno 0 for an acknowledgement
 * @param text  the extended acknowledgement, empty where the kernel gave none
 */
public record ErrorMessage(int errno, String text) {

    /** struct nlmsgerr: s32 error, then the header of the request. */
    private static final int ERROR = 4;

    public static ErrorMessage decode(Message message) {
        int errno = -message.s32(0);
        if (errno < 0) {
            // A dump's NLMSG_DONE carries what its last callback answered, which may be a positive length.
            errno = 0;
        }
        return new ErrorMessage(errno, message.is(Netlink.NLM_F_ACK_TLVS) ? text(message) : "");
    }

    private static String text(Message message) {
        AttributeReader attributes = message.attributes(ERROR + requestLength(message));
        while (attributes.next()) {
            if (attributes.type() == Netlink.NLMSGERR_ATTR_MSG) {
                return attributes.string();
            }
        }
        return "";
    }

    /** Bytes of the request that are repeated before the attributes. */
    private static int requestLength(Message message) {
        if (message.type() == Netlink.NLMSG_DONE) {
            return 0;
        }
        if (message.is(Netlink.NLM_F_CAPPED)) {
            return Netlink.HEADER;
        }
        int length = message.s32(ERROR);
        if (length < Netlink.HEADER || length > message.end() - message.start()) {
            throw new MalformedMessageException("error message repeats a request of " + length + " bytes");
        }
        return length;
    }
}
