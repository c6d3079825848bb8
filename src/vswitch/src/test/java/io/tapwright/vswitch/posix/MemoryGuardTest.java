package io.tapwright.vswitch.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tapwright.vswitch.memory.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryGuardTest {

    private static final int SIZE = 1 << 20;
    private static volatile long sink;

    @BeforeEach
    void thereIsAHandler() {
        assumeTrue(MemoryGuard.isOn(), "a handler is there for x86-64 only; memory that can shrink is refused elsewhere");
    }

    @Test
    void memoryWhoseFileWasCutOffReadsAsZerosAndIsMarked() {
        try (Fd file = Fd.memory("m", SIZE); Mapping cut = Mapping.of(file, 0, SIZE);
                Fd other = Fd.memory("o", SIZE); Mapping whole = Mapping.of(other, 0, SIZE)) {
            Memory.putLong(cut.address() + 8, 7);
            Memory.putLong(whole.address() + 8, 9);
            long before = MemoryGuard.cuts();
            file.truncate(0);
            assertThat(Memory.getLong(cut.address() + 8)).isZero();
            assertThat(cut.isCutOff()).isTrue();
            assertThat(MemoryGuard.cuts()).isEqualTo(before + 1);
            Memory.putLong(cut.address() + SIZE - 8, 5);
            assertThat(Memory.getLong(cut.address() + SIZE - 8)).isEqualTo(5);
            assertThat(MemoryGuard.cuts()).as("the whole mapping was replaced at once").isEqualTo(before + 1);
            assertThat(Memory.getLong(whole.address() + 8)).isEqualTo(9);
            assertThat(whole.isCutOff()).isFalse();
        }
    }

    @Test
    void theRestOfACutFileStaysUntilTheCutIsTouched() {
        try (Fd file = Fd.memory("m", SIZE); Mapping mapping = Mapping.of(file, 0, SIZE)) {
            Memory.putLong(mapping.address(), 3);
            file.truncate(4096);
            assertThat(Memory.getLong(mapping.address())).isEqualTo(3);
            assertThat(mapping.isCutOff()).isFalse();
            Memory.putByte(mapping.address() + 4096, 1);
            assertThat(mapping.isCutOff()).isTrue();
        }
    }

    @Test
    void manyMappingsComeAndGoAndEveryCutIsItsOwn() {
        for (int round = 0; round < 40_000; round++) {
            try (Fd file = Fd.memory("m", 4096); Mapping mapping = Mapping.of(file, 0, 4096)) {
                if (round % 1000 == 0) {
                    file.truncate(0);
                    sink = Memory.getInt(mapping.address());
                    assertThat(mapping.isCutOff()).isTrue();
                } else if (mapping.isCutOff()) {
                    throw new AssertionError("round " + round + " is cut off");
                }
            }
        }
    }

    @Test
    void faultsThatAreNoneOfOursGoToTheJvm() throws IOException {
        Path path = Files.createTempFile("mapped", "");
        try (var channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.truncate(0);
            channel.write(ByteBuffer.allocate(8192));
            var buffer = channel.map(FileChannel.MapMode.READ_WRITE, 0, 8192);
            long before = MemoryGuard.cuts();
            channel.truncate(0);
            boolean thrown = false;
            try {
                sink = buffer.get(0);
            } catch (InternalError e) {
                thrown = true;
            }
            assertThat(thrown).isTrue();
            assertThat(MemoryGuard.cuts()).isEqualTo(before);
        } finally {
            Files.delete(path);
        }
    }

    /** Everything that reads or writes a guest's memory, as the interpreter and both compilers translate it. */
    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation"})
    void theJvmOutlivesEveryKindOfAccess(String mode) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), mode,
                "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Accesses.class.getName(), mode.equals("-Xint") ? "3" : "40000"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(output).contains("all survived");
        assertThat(process.exitValue()).isZero();
    }

    /** The program for that. */
    static final class Accesses {
        public static void main(String[] arguments) {
            int warm = Integer.parseInt(arguments[0]);
            accesses().forEach((name, access) -> {
                try (Fd file = Fd.memory("m", SIZE); Mapping mapping = Mapping.of(file, 0, SIZE)) {
                    for (int i = 0; i < warm; i++) {
                        sink = access.applyAsLong(mapping.address());
                    }
                    file.truncate(0);
                    for (int i = 0; i < 100; i++) {
                        sink = access.applyAsLong(mapping.address());
                    }
                    if (!mapping.isCutOff()) {
                        throw new AssertionError(name + " did not fault");
                    }
                }
            });
            System.out.println("all survived");
        }

        private static Map<String, LongUnaryOperator> accesses() {
            Mapping own = Mapping.of(Fd.memory("own", SIZE), 0, SIZE);
            Map<String, LongUnaryOperator> all = new LinkedHashMap<>();
            all.put("getByte", at -> Memory.getByte(at + 5));
            all.put("getShort", at -> Memory.getShort(at + 6));
            all.put("getInt", at -> Memory.getInt(at + 8));
            all.put("getLong", at -> Memory.getLong(at + 8));
            all.put("compared", at -> Memory.getShort(at + 6) == 17 ? 1 : 0);
            all.put("masked", at -> Memory.getLong(at + 6) & 0xffff_ffff_ffffL);
            all.put("shifted", at -> Memory.getLong(at + 6) >>> 16);
            all.put("putByte", at -> written(() -> Memory.putByte(at + 5, 1)));
            all.put("putShort", at -> written(() -> Memory.putShort(at + 5, 1)));
            all.put("putInt", at -> written(() -> Memory.putInt(at + 5, 1)));
            all.put("putLong", at -> written(() -> Memory.putLong(at + 5, 1)));
            all.put("getShortAcquire", at -> Memory.getShortAcquire(at + 2));
            all.put("putShortRelease", at -> written(() -> Memory.putShortRelease(at + 2, 7)));
            all.put("orInt", at -> written(() -> Memory.orInt(at + 64, 4)));
            for (int length : new int[] {3, 60, 100, 1500, 65536}) {
                all.put("copy from " + length, at -> written(() -> Memory.copy(at, own.address(), length)));
                all.put("copy to " + length, at -> written(() -> Memory.copy(own.address(), at, length)));
            }
            return all;
        }

        private static long written(Runnable access) {
            access.run();
            return 0;
        }
    }
}
