package dev.langevin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * bench/device from end to end, on the driver on the processor: what is packed here runs without the build, tells what
 * became of each part, and leaves to the next call what does not fit into one.
 */
class DevicePackTest {

  private static final Path ROOT = Path.of(System.getProperty("langevin.root"));
  private static final Path DRIVER = Path.of(System.getProperty("langevin.cuda.driver"));
  private static final Path SCRIPTS = ROOT.resolve("bench/device");

  @TempDir
  private Path folder;

  private record Ended(int code, String output) {}

  @BeforeAll
  static void pack() throws Exception {
    assumeTrue(Files.exists(ROOT.resolve("java/cli/target/langevin.jar"))
        && Files.isDirectory(ROOT.resolve("java/reference/target/lib")), "there are no jars: mvn verify makes them");
    assumeTrue(Files.exists(DRIVER.resolve("libcuda.so.1")), DRIVER + " has no driver on the processor");
    Ended packed = run(Map.of("XZ_LEVEL", "0", "JAVA_HOME", System.getProperty("java.home")), "pack.sh");
    // Small enough to travel is what xz -9 makes; here it only must come to the end, where the sizes are told.
    assertThat(packed.output).contains("bench/device/target/langevin-device.tar.xz: ").contains(" of 67108864 at most");
  }

  private static Ended run(Map<String, String> environment, String script, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(SCRIPTS.resolve(script).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new Ended(process.exitValue(), output);
  }

  private Ended check(Map<String, String> more) throws Exception {
    Map<String, String> environment = new TreeMap<>(more);
    environment.put("OUT", folder.toString());
    environment.put("LANGEVIN_LIBRARIES", DRIVER.toString());
    return run(environment, "run.sh", "check");
  }

  private static void forget() throws IOException {
    Path done = SCRIPTS.resolve("target/done");
    if (Files.isDirectory(done)) {
      try (var files = Files.list(done)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /** What became of each part, by its name. */
  private Map<String, String> outcomes() throws IOException {
    return Files.readAllLines(folder.resolve("results.csv")).stream().skip(1).map(line -> line.split(","))
        .collect(Collectors.toMap(columns -> columns[0], columns -> columns[1]));
  }

  @Test
  void shouldCheckAllOfIt() throws Exception {
    forget();
    Ended ended = check(Map.of());
    assertThat(ended.code).as(ended.output).isZero();
    assertThat(outcomes()).isEqualTo(Map.of("doctor", "passed", "kernels", "passed", "sanitizer", "skipped",
        "conformance", "passed", "cases", "passed", "tiny", "passed"));
    assertThat(ended.output).contains("sanitizer: skipped, the driver on the processor has guard pages")
        .containsPattern("\\d+ cases of .*: \\d+ clip_text, \\d+ layers");
    assertThat(Files.readString(folder.resolve("doctor.txt"))).contains("emulated on the processor");
    for (String table : List.of("conformance.csv", "cases.csv")) {
      List<String> lines = Files.readAllLines(folder.resolve(table));
      assertThat(lines).as(table).filteredOn(line -> line.contains(",passed,")).hasSizeGreaterThan(10);
      assertThat(lines).as(table).noneMatch(line -> line.contains(",failed,"));
    }
    assertThat(Files.readString(folder.resolve("deviations.csv"))).contains("cuda F32 Conv2d,", "reference layers,");
    assertThat(Files.readAllLines(folder.resolve("speed.jsonl"))).hasSize(3).allMatch(line -> line.contains("CUDA"));

    Ended again = check(Map.of());
    assertThat(again.code).as(again.output).isZero();
    assertThat(again.output).contains("== cases: done by a call before");
  }

  @Test
  void shouldLeaveToTheNextCallWhatDoesNotFit() throws Exception {
    forget();
    Ended ended = check(Map.of("LANGEVIN_SECONDS", "55"));
    assertThat(ended.code).as(ended.output).isEqualTo(75);
    assertThat(ended.output)
        .contains("left for the next call of the same command: kernels sanitizer conformance cases tiny");
    assertThat(outcomes()).isEqualTo(Map.of("doctor", "passed"));
  }

  @Test
  void shouldStopWhereTheDoctorSaysSo() throws Exception {
    forget();
    Ended ended = check(Map.of("LANGEVIN_CUDA_DRIVER", "devices=0"));
    assertThat(ended.code).as(ended.output).isEqualTo(1);
    assertThat(outcomes()).isEqualTo(Map.of("doctor", "failed"));
    assertThat(ended.output).contains("doctor: failed, CUDA's driver sees no device");
  }

  @Test
  void shouldRefuseAPartThatIsNotThere() throws Exception {
    Ended ended = run(Map.of(), "run.sh", "sd3");
    assertThat(ended.code).isEqualTo(2);
    assertThat(ended.output).contains("run.sh: there is no part 'sd3'; it is check, sd15, sdxl, all, doctor,");
  }
}
