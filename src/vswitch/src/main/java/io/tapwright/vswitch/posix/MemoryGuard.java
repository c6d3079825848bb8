package io.tapwright.vswitch.posix;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.HexFormat;

/**
 * Keeps the process alive when a file is made smaller under a {@link Mapping} of it, or has no memory to give: the access
 * that would end in SIGBUS finds zeros instead, and the mapping is marked as cut off.
 *
 * <p>HotSpot turns SIGBUS at an access of Java's into an InternalError only where it can tell how long the instruction is,
 * which it can for few: what the compiler makes of an {@code int} that becomes a {@code long} (MOVSXD), or the interpreter
 * of {@code setRelease}, ends the JVM ("ShouldNotReachHere", assembler_x86.cpp). And where it can, it skips the instruction
 * and throws at some later point, be it with another guest's ring half changed. So a handler of our own comes before
 * HotSpot's. It has to be machine code, since Java can't run inside a signal; what it does:
 *
 * <pre>
 * handler(sig, siginfo, context):
 *     for (entry = table; entry != end; entry++)
 *         if (siginfo->si_addr - entry->start &lt; entry->length) {      // unsigned; an unused entry has length 0
 *             if (mmap(entry->start, entry->length, PROT_READ | PROT_WRITE,
 *                     MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) failed) break;
 *             entry->cut = 1;
 *             atomic { ++*cuts; }
 *             return;                                                   // the access is made again
 *         }
 *     goto old;                                                         // HotSpot's
 * </pre>
 *
 * <p>A handler is the process's, so this is static. Any thread.
 */
public final class MemoryGuard {

    /** The above as gcc's assembler translates it; table, end, cuts and old are the four longs after it. */
    private static final byte[] X86_64 = HexFormat.of().parseHex(""
            + "57" + "56" + "52"        // push rdi; push rsi; push rdx
            + "488b4610"                // mov rax, [rsi + 16]          si_addr
            + "488b1d6a000000"          // mov rbx, [table]
            + "483b1d6b000000" + "7456" // 1: cmp rbx, [end]; je 3f
            + "488b4b08"                // mov rcx, [rbx + 8]           length
            + "4889c2" + "482b13"       // mov rdx, rax; sub rdx, [rbx]
            + "4839ca" + "7206"         // cmp rdx, rcx; jb 2f
            + "4883c318" + "ebe2"       // add rbx, 24; jmp 1b
            + "488b3b" + "4889ce"       // 2: mov rdi, [rbx]; mov rsi, rcx
            + "ba03000000"              // mov edx, 3
            + "41ba32400000"            // mov r10d, 0x4032
            + "49c7c0ffffffff" + "4531c9" // mov r8, -1; xor r9d, r9d
            + "b809000000" + "0f05"     // mov eax, 9; syscall
            + "483d01f0ffff" + "7317"   // cmp rax, -4095; jae 3f
            + "c7431001000000"          // mov dword [rbx + 16], 1      cut
            + "488b0524000000"          // mov rax, [cuts]
            + "f048ff00"                // lock inc qword [rax]
            + "4883c418" + "c3"         // add rsp, 24; ret
            + "5a" + "5e" + "5f"        // 3: pop rdx; pop rsi; pop rdi
            + "ff251a000000" + "6690"); // jmp [old]; nop

    private static final int SIGBUS = 7;
    /** struct sigaction of the C library on x86-64: handler, mask of 128 bytes, flags, restorer. */
    private static final long SIGACTION_SIZE = 152;

    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_READ_EXECUTE = 5;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

    /** {@code struct { u64 start; u64 length; u64 cut; }}. */
    private static final int ENTRY = 24;
    private static final int LENGTH = 8;
    private static final int CUT = 16;
    private static final int ENTRIES = 16384;

    private static final boolean ON = System.getProperty("os.arch").equals("amd64");
    private static final long TABLE = ON ? anonymous((long) ENTRIES * ENTRY + Long.BYTES) : 0;
    private static final long CUTS = TABLE + (long) ENTRIES * ENTRY;

    /** Where the search for an unused entry begins: one that was used just now is used again as late as possible. */
    private static int last;

    static {
        if (ON) {
            install();
        }
    }

    private MemoryGuard() {
    }

    /** False on a machine for which there is no handler: memory that can be cut off is not for use there. */
    public static boolean isOn() {
        return ON;
    }

    /** How often a mapping was cut off since the process began. Costs a look at memory. */
    public static long cuts() {
        // In bounds: the long after the table.
        return ON ? Memory.getLong(CUTS) : 0;
    }

    private static long anonymous(long length) {
        return Fd.checked("mmap", new LibC().mmap(0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
    }

    private static void install() {
        long length = X86_64.length + 4 * Long.BYTES;
        long code = anonymous(length);
        MemorySegment.copy(MemorySegment.ofArray(X86_64), 0, MemorySegment.ofAddress(code).reinterpret(length), 0, X86_64.length);
        LibC c = new LibC();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(SIGACTION_SIZE, 8);
            Fd.checked("sigaction", c.sigaction(SIGBUS, 0, action.address()));
            // In bounds: the four longs after the code, for which there is room.
            long data = code + X86_64.length;
            Memory.putLong(data, TABLE);
            Memory.putLong(data + 8, TABLE + (long) ENTRIES * ENTRY);
            Memory.putLong(data + 16, CUTS);
            // In bounds: the handler is the first of the struct's fields.
            Memory.putLong(data + 24, Memory.getLong(action.address()));
            Fd.checked("mprotect", c.mprotect(code, length, PROT_READ_EXECUTE));
            // Flags and mask stay as HotSpot has them.
            Memory.putLong(action.address(), code);
            Fd.checked("sigaction", c.sigaction(SIGBUS, action.address(), 0));
        }
    }

    /** @return the entry, for {@link #isCut} and {@link #remove}; 0 where there is no handler */
    static synchronized long add(long address, long length) {
        if (!ON) {
            return 0;
        }
        for (int i = 1; i <= ENTRIES; i++) {
            int number = (last + i) % ENTRIES;
            // In bounds: number is below ENTRIES.
            long entry = TABLE + (long) number * ENTRY;
            if (Memory.getLong(entry) == 0) {
                last = number;
                Memory.putLong(entry, address);
                Memory.putLong(entry + CUT, 0);
                VarHandle.releaseFence();
                Memory.putLong(entry + LENGTH, length);
                return entry;
            }
        }
        throw new IllegalStateException(ENTRIES + " mappings, which is the most");
    }

    /** Before the memory is unmapped. */
    static synchronized void remove(long entry) {
        if (entry != 0) {
            Memory.putLong(entry + LENGTH, 0);
            VarHandle.releaseFence();
            Memory.putLong(entry, 0);
        }
    }

    static boolean isCut(long entry) {
        return entry != 0 && Memory.getLong(entry + CUT) != 0;
    }
}
