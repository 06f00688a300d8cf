package dev.langevin.bindings.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Catches kernels that are taken for others, files that are read while they are written, and those that are damaged.
 */
class CompiledKernelsTest {

  private static final int PADDING = 1 << 20; // so that writing takes a while

  @TempDir
  private Path cache;

  /** Makes bytes that tell what they were made of. */
  private static final class Counting implements CompiledKernels.Compiler {

    private final String name;
    private final AtomicInteger calls = new AtomicInteger();

    Counting(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public byte[] compile(String source, List<String> options) {
      calls.incrementAndGet();
      return Arrays.copyOf((source + options + name).getBytes(StandardCharsets.UTF_8), PADDING);
    }
  }

  private final Counting compiler = new Counting("a compiler 1.0");

  private CompiledKernels kernels(String source, String architecture) {
    return new CompiledKernels(compiler, source, architecture, cache);
  }

  private List<Path> kept() throws IOException {
    try (Stream<Path> files = Files.list(cache.resolve("langevin/cuda"))) {
      return files.toList();
    }
  }

  @Test
  void shouldCompileOnceAndKeep() throws IOException {
    CompiledKernels kernels = kernels("source", "sm_90");
    assertThat(kernels.origin()).startsWith("a compiler 1.0 compiles them for sm_90 at the first use, to be kept in");
    assertThat(compiler.calls).hasValue(0);
    KernelImage first = kernels.image();
    KernelImage second = kernels("source", "sm_90").image();
    assertThat(compiler.calls).hasValue(1);
    assertThat(second.bytes()).isEqualTo(first.bytes());
    assertThat(second.origin()).isEqualTo("a compiler 1.0 has compiled them for sm_90, kept in " + kept().getFirst());
  }

  @Test
  void shouldKeepAnotherSourceArchitectureAndCompilerApart() throws IOException {
    byte[] one = kernels("source", "sm_90").image().bytes();
    byte[] other = kernels("another", "sm_90").image().bytes();
    byte[] older = kernels("source", "sm_80").image().bytes();
    byte[] newer = new CompiledKernels(new Counting("a compiler 1.1"), "source", "sm_90", cache).image().bytes();
    assertThat(List.of(one, other, older, newer)).doesNotHaveDuplicates();
    assertThat(kept()).hasSize(4);
    assertThat(kernels("source", "sm_80").image().bytes()).isEqualTo(older);
  }

  @Test
  void shouldNeverShowAFileThatIsNotWhole() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<byte[]>> starts = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        String source = "source " + i % 4;
        starts.add(() -> kernels(source, "sm_90").image().bytes());
      }
      List<Future<byte[]>> images = threads.invokeAll(starts);
      for (int i = 0; i < images.size(); i++) {
        assertThat(new String(images.get(i).get(), StandardCharsets.UTF_8)).startsWith("source " + i % 4 + "[");
      }
    }
    assertThat(compiler.calls.get()).isLessThan(64);
    assertThat(kept()).hasSize(4).allMatch(file -> file.toString().endsWith(".cubin"));
  }

  @Test
  void shouldCompileAnewWhatIsDamaged() throws IOException {
    byte[] made = kernels("source", "sm_90").image().bytes();
    Path file = kept().getFirst();
    byte[] whole = Files.readAllBytes(file);
    byte[] changed = whole.clone();
    changed[1000]++;
    for (byte[] damaged : List.of(new byte[0], new byte[20], Arrays.copyOf(whole, whole.length - 1), changed)) {
      Files.write(file, damaged);
      int calls = compiler.calls.get();
      assertThat(kernels("source", "sm_90").image().bytes()).isEqualTo(made);
      assertThat(compiler.calls).hasValue(calls + 1);
      assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }
  }

  @Test
  void shouldLeaveNothingOfWhatIsRefused() {
    CompiledKernels.Compiler refusing = new CompiledKernels.Compiler() {
      @Override
      public String name() {
        return "a compiler 1.0";
      }

      @Override
      public byte[] compile(String source, List<String> options) {
        throw new NativeException("no such architecture");
      }
    };
    assertThatThrownBy(() -> new CompiledKernels(refusing, "source", "sm_10", cache).image())
        .hasMessage("no such architecture");
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void shouldComputeWhereNothingCanBeKept() throws IOException {
    Path file = Files.writeString(cache.resolve("langevin"), "no folder");
    assertThat(kernels("source", "sm_90").image().origin())
        .startsWith("a compiler 1.0 compiles them for sm_90 at each start: they cannot be kept, ")
        .contains(file.toString());
    assertThat(new CompiledKernels(compiler, "source", "sm_90", null).image().origin())
        .isEqualTo("a compiler 1.0 compiles them for sm_90 at each start: there is no folder for caches");
  }
}
