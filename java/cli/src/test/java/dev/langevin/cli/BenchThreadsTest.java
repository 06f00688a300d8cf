package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What benches print is compared with other tables: the threads must be those that kernels ran on. */
class BenchThreadsTest {

  private static final String TEXT_MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldPrintTheThreadsThatKernelsRunOn(int threads) throws Exception {
    assertThat(run(threads, "doctor")).containsPattern("(?m)^threads +" + threads + "$").contains(", 2 processors");
    String label = "\"threads\":" + threads + ",";
    assertThat(run(threads, "bench", "model", "tiny", "--repeat", "1", "--json")).contains(label);
    assertThat(run(threads, "bench", "train", "--repeat", "1", "--batch", "1", "--json")).contains(label);
    assertThat(
        run(threads, "bench", "load", TEXT_MODEL, "--clients", "2", "--requests", "1", "--size", "40x40", "--json"))
            .contains(label).contains("\"requests\":2,");
  }

  private static String run(int threads, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-XX:ActiveProcessorCount=2", "-cp",
        System.getProperty("java.class.path"),
        Langevin.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
