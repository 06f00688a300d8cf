package dev.langevin.bindings.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.onednn.OneDnn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ShimTest {

  @Test
  void shouldRefuseALibraryOfAnotherVersion() {
    assertThat(Shim.version()).isEqualTo(8);
    assertThatThrownBy(() -> Shim.check(9)).isInstanceOf(NativeException.class).hasMessage(
        "liblangevin.so has ABI version 9, these bindings need 8; use jars of one build");
  }

  /** A bit at the wrong place would claim instructions that the CPU lacks. */
  @Test
  void shouldSeeTheFeaturesThatTheKernelSees() throws IOException {
    String flags = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("flags"))
        .findFirst().orElseThrow();
    Set<String> kernel = Set.copyOf(List.of(flags.replaceFirst(".*:", "").trim().split(" ")));
    List<String> known = List.of("sse4_2", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl",
        "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16");

    assertThat(Shim.cpuFeatures()).isEqualTo(known.stream().filter(kernel::contains).toList());
    assertThat(Shim.isaName()).isIn("baseline", "avx2", "avx512");
  }

  @Test
  void shouldKeepTheNumberOfThreads() {
    int before = Shim.threads();
    try {
      Shim.setThreads(3);
      assertThat(Shim.threads()).isEqualTo(3);
    } finally {
      Shim.setThreads(before);
    }
    assertThatThrownBy(() -> Shim.setThreads(0)).isInstanceOf(NativeException.class)
        .hasMessage("lgv_set_num_threads(0): a size, count or stride is out of range, or they disagree (2)");
  }

  /** Two would mean two pools of threads that fight for the cores. */
  @Test
  void shouldShareOneOpenMpRunTimeWithOneDnn() throws IOException {
    Shim.version();
    OneDnn.version();
    List<String> runTimes =
        Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> line.contains("libgomp"))
            .map(line -> line.substring(line.indexOf('/'))).distinct().toList();

    assertThat(runTimes).hasSize(1);
  }
}
