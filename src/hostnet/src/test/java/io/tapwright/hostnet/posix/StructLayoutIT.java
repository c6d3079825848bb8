package io.tapwright.hostnet.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sizes, offsets and constants as this machine's C compiler has them. */
class StructLayoutIT {

    private static final Map<String, Long> C = new HashMap<>();

    @BeforeAll
    static void askTheCompiler(@TempDir Path directory) throws Exception {
        Assumptions.assumeTrue(exists("cc"), "needs a C compiler (package gcc, with libc6-dev)");
        Path source = directory.resolve("layout.c");
        Files.writeString(source, """
                #include <stddef.h>
                #include <stdio.h>
                #include <fcntl.h>
                #include <poll.h>
                #include <pwd.h>
                #include <grp.h>
                #include <net/if.h>
                #include <sys/eventfd.h>
                #include <sys/ioctl.h>
                #include <sys/socket.h>
                #include <sys/uio.h>
                #include <linux/if_packet.h>
                #include <linux/if_tun.h>
                #include <linux/netlink.h>
                #include <linux/sockios.h>
                #define SIZE(t) printf("size " #t " %ld\\n", (long)sizeof(struct t))
                #define AT(t, m) printf(#t "." #m " %ld\\n", (long)offsetof(struct t, m))
                #define IS(c) printf(#c " %ld\\n", (long)(c))
                int main(void) {
                    printf("long %ld\\nsize_t %ld\\nnfds_t %ld\\n", (long)sizeof(long), (long)sizeof(size_t), (long)sizeof(nfds_t));
                    SIZE(sockaddr_nl); AT(sockaddr_nl, nl_family); AT(sockaddr_nl, nl_pid); AT(sockaddr_nl, nl_groups);
                    SIZE(sockaddr_ll); AT(sockaddr_ll, sll_family); AT(sockaddr_ll, sll_protocol); AT(sockaddr_ll, sll_ifindex);
                    AT(sockaddr_ll, sll_pkttype); IS(AF_PACKET); IS(PACKET_OUTGOING);
                    SIZE(msghdr); AT(msghdr, msg_name); AT(msghdr, msg_namelen); AT(msghdr, msg_iov); AT(msghdr, msg_iovlen);
                    AT(msghdr, msg_control); AT(msghdr, msg_controllen);
                    SIZE(iovec); AT(iovec, iov_base); AT(iovec, iov_len);
                    SIZE(cmsghdr); AT(cmsghdr, cmsg_len); AT(cmsghdr, cmsg_level); AT(cmsghdr, cmsg_type);
                    SIZE(tpacket_auxdata); AT(tpacket_auxdata, tp_status); AT(tpacket_auxdata, tp_vlan_tci);
                    AT(tpacket_auxdata, tp_vlan_tpid); SIZE(tpacket_stats); AT(tpacket_stats, tp_packets); AT(tpacket_stats, tp_drops);
                    IS(SOL_PACKET); IS(PACKET_STATISTICS); IS(PACKET_AUXDATA); IS(SO_TIMESTAMPNS);
                    IS(TP_STATUS_VLAN_VALID); IS(TP_STATUS_VLAN_TPID_VALID);
                    SIZE(pollfd); AT(pollfd, fd); AT(pollfd, events); AT(pollfd, revents);
                    SIZE(ifreq); AT(ifreq, ifr_name); AT(ifreq, ifr_flags); AT(ifreq, ifr_ifindex);
                    SIZE(passwd); AT(passwd, pw_uid); SIZE(group); AT(group, gr_gid);
                    IS(TUNSETIFF); IS(TUNSETPERSIST); IS(TUNSETOWNER); IS(TUNSETGROUP); IS(SIOCGIFINDEX);
                    IS(O_CLOEXEC); IS(SOCK_CLOEXEC); IS(EFD_CLOEXEC); IS(EFD_NONBLOCK); IS(MSG_DONTWAIT); IS(MSG_TRUNC);
                    IS(SO_RCVBUF); IS(SO_RCVBUFFORCE); IS(SOL_SOCKET); IS(POLLIN); IS(AF_NETLINK); IS(SOCK_RAW);
                    IS(NETLINK_CAP_ACK); IS(NETLINK_EXT_ACK);
                    return 0;
                }
                """);
        Path program = directory.resolve("layout");
        run("cc", "-D_GNU_SOURCE", "-o", program.toString(), source.toString());
        run(program.toString()).lines().forEach(line -> {
            int space = line.lastIndexOf(' ');
            C.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
        });
    }

    @Test
    void sockaddrNl() {
        assertC("size sockaddr_nl", SockaddrNl.SIZE);
        assertC("sockaddr_nl.nl_family", SockaddrNl.FAMILY);
        assertC("sockaddr_nl.nl_pid", SockaddrNl.PID);
        assertC("sockaddr_nl.nl_groups", SockaddrNl.GROUPS);
        assertC("AF_NETLINK", SockaddrNl.AF_NETLINK);
    }

    @Test
    void packetSocket() {
        assertC("size sockaddr_ll", SockaddrLl.SIZE);
        assertC("sockaddr_ll.sll_family", SockaddrLl.FAMILY);
        assertC("sockaddr_ll.sll_protocol", SockaddrLl.PROTOCOL);
        assertC("sockaddr_ll.sll_ifindex", SockaddrLl.IFINDEX);
        assertC("sockaddr_ll.sll_pkttype", SockaddrLl.PKTTYPE);
        assertC("AF_PACKET", SockaddrLl.AF_PACKET);
        assertC("PACKET_OUTGOING", SockaddrLl.OUTGOING);
        assertC("size tpacket_auxdata", PacketSocket.AUXDATA_SIZE);
        assertC("tpacket_auxdata.tp_status", PacketSocket.AUXDATA_STATUS);
        assertC("tpacket_auxdata.tp_vlan_tci", PacketSocket.AUXDATA_VLAN_TCI);
        assertC("tpacket_auxdata.tp_vlan_tpid", PacketSocket.AUXDATA_VLAN_TPID);
        assertC("size tpacket_stats", PacketSocket.STATS_SIZE);
        assertC("tpacket_stats.tp_packets", 0);
        assertC("tpacket_stats.tp_drops", Integer.BYTES);
        assertC("SOL_PACKET", PacketSocket.SOL_PACKET);
        assertC("PACKET_STATISTICS", PacketSocket.PACKET_STATISTICS);
        assertC("PACKET_AUXDATA", PacketSocket.PACKET_AUXDATA);
        assertC("SO_TIMESTAMPNS", PacketSocket.SO_TIMESTAMPNS);
        assertC("TP_STATUS_VLAN_VALID", PacketSocket.TP_STATUS_VLAN_VALID);
        assertC("TP_STATUS_VLAN_TPID_VALID", PacketSocket.TP_STATUS_VLAN_TPID_VALID);
    }

    @Test
    void msghdr() {
        assertC("size msghdr", MsgHdr.SIZE);
        assertC("msghdr.msg_name", MsgHdr.NAME);
        assertC("msghdr.msg_namelen", MsgHdr.NAMELEN);
        assertC("msghdr.msg_iov", MsgHdr.IOV);
        assertC("msghdr.msg_iovlen", MsgHdr.IOVLEN);
        assertC("msghdr.msg_control", MsgHdr.CONTROL);
        assertC("msghdr.msg_controllen", MsgHdr.CONTROLLEN);
        assertC("size iovec", MsgHdr.IOVEC_SIZE);
        assertC("iovec.iov_base", MsgHdr.IOVEC_BASE);
        assertC("iovec.iov_len", MsgHdr.IOVEC_LEN);
        assertC("size cmsghdr", MsgHdr.CMSG_HEADER);
        assertC("cmsghdr.cmsg_len", MsgHdr.CMSG_LEN);
        assertC("cmsghdr.cmsg_level", MsgHdr.CMSG_LEVEL);
        assertC("cmsghdr.cmsg_type", MsgHdr.CMSG_TYPE);
    }

    @Test
    void pollfd() {
        assertC("size pollfd", PollFd.SIZE);
        assertC("pollfd.fd", PollFd.FD);
        assertC("pollfd.events", PollFd.EVENTS);
        assertC("pollfd.revents", PollFd.REVENTS);
        assertC("POLLIN", PollFd.IN);
    }

    @Test
    void ifreq() {
        assertC("size ifreq", IfReq.SIZE);
        assertC("ifreq.ifr_name", IfReq.NAME);
        assertC("ifreq.ifr_flags", IfReq.UNION);
        assertC("ifreq.ifr_ifindex", IfReq.UNION);
    }

    @Test
    void passwdAndGroup() {
        assertC("size passwd", Accounts.PASSWD_SIZE);
        assertC("passwd.pw_uid", Accounts.PASSWD_UID);
        assertC("size group", Accounts.GROUP_SIZE);
        assertC("group.gr_gid", Accounts.GROUP_GID);
    }

    @Test
    void typesThatAreBoundAsLong() {
        assertC("long", Long.BYTES);
        assertC("size_t", Long.BYTES);
        assertC("nfds_t", Long.BYTES);
    }

    /** The numbers that the code quotes from the headers. */
    @Test
    void constants() {
        assertC("TUNSETIFF", 0x400454caL);
        assertC("TUNSETPERSIST", 0x400454cbL);
        assertC("TUNSETOWNER", 0x400454ccL);
        assertC("TUNSETGROUP", 0x400454ceL);
        assertC("SIOCGIFINDEX", 0x8933);
        assertC("O_CLOEXEC", 0x80000);
        assertC("SOCK_CLOEXEC", 0x80000);
        assertC("EFD_CLOEXEC", 0x80000);
        assertC("EFD_NONBLOCK", 0x800);
        assertC("MSG_DONTWAIT", 0x40);
        assertC("MSG_TRUNC", 0x20);
        assertC("SO_RCVBUF", 8);
        assertC("SO_RCVBUFFORCE", 33);
        assertC("SOL_SOCKET", 1);
        assertC("SOCK_RAW", 3);
        assertC("NETLINK_CAP_ACK", 10);
        assertC("NETLINK_EXT_ACK", 11);
    }

    private static void assertC(String name, long ours) {
        assertThat(C).as(name).containsEntry(name, ours);
    }

    private static boolean exists(String program) throws IOException {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
