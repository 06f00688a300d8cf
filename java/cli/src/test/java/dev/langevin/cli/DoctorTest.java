package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the doctor says of CUDA, and that {@code --device auto} does as it says; each in a process of its own. */
class DoctorTest {

  private static final Path DRIVER = Path.of(System.getProperty("langevin.cuda.driver", ""));

  @BeforeAll
  static void requireDriver() {
    assumeTrue(Files.isRegularFile(DRIVER.resolve("libcuda.so.1")),
        DRIVER + " has no driver on the processor; the build of native makes it");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "memory=1000000000|ready|CUDA 13.0|true",
      "devices=0|CUDA's driver sees no device|CUDA_VISIBLE_DEVICES|false",
      "version=12020|the driver knows CUDA 12.2, and 13.0 is needed|driver 580 or newer|false"})
  void shouldTakeAGpuWhereItIsReady(String driver, String begins, String says, boolean gpu) throws Exception {
    String told = run(driver, "doctor").replaceAll("\\s+", " ");
    assertThat(told).contains("CUDA's driver CUDA ").contains(" cuda " + begins).contains(says);
    if (gpu) {
      assertThat(told).contains("kernels of cuda:0 emulated on the processor").endsWith(" cuda ready ");
    }
    String timed = run(driver, "bench", "model", "tiny", "--repeat", "1", "--device", "auto", "--json");
    assertThat(timed.contains(", CUDA 13.0")).as(timed).isEqualTo(gpu);
  }

  /** What a device gives at best: products in both precisions by what computes them, and a copy. */
  @Test
  void shouldRelateKernelsToADevicesPeaks(@TempDir Path folder) throws Exception {
    Path shapes = Files.writeString(folder.resolve("shapes.txt"), "small matmul m=8 k=16 n=16\n");
    Path csv = folder.resolve("times.csv");
    String told = run("memory=1000000000", "bench", "kernels", "--device", "cuda", "--rounds", "1", "--shapes",
        shapes.toString(), "--csv", csv.toString());
    assertThat(told).containsPattern("peaks of this run: 1 products f32 m=256 k=256 n=256 [1-9]\\d* GFLOP/s "
        + "\\(lgc_convolution\\), 8 products bf16 m=256 k=256 n=256 [1-9]\\d* GFLOP/s \\(lgc_convolution:bf16\\), "
        + "copy of \\d+ MB \\d+\\.\\d GB/s");
    assertThat(Files.readAllLines(csv)).hasSize(2).element(1).asString().startsWith("small,matmul,m=8 k=16 n=16,");
  }

  /** Catches a picture that says another precision than it was computed in: f16 is a GPU's usual one. */
  @Test
  void shouldRecordTheUsualPrecisionOfTheDevice(@TempDir Path folder) throws Exception {
    Map<String, String> computed = new HashMap<>();
    for (String arguments : List.of("cpu", "auto", "cuda --precision f16", "cuda --precision bf16")) {
      Path picture = folder.resolve("boot.png");
      run("memory=1000000000", ("generate --class 9 --steps 2 --seed 1 --out " + picture + " --device " + arguments)
          .split(" "));
      String text = new String(Files.readAllBytes(picture), StandardCharsets.ISO_8859_1);
      Matcher precision = Pattern.compile("Precision: (\\w+)").matcher(text);
      assertThat(precision.find()).isTrue();
      assertThat(precision.group(1)).isEqualTo(arguments.equals("cpu") ? "f32" : arguments.endsWith("bf16") ? "bf16"
          : "f16");
      BufferedImage pixels = ImageIO.read(picture.toFile());
      computed.put(arguments, Arrays.toString(pixels.getRGB(0, 0, pixels.getWidth(), pixels.getHeight(), null, 0,
          pixels.getWidth())));
    }
    assertThat(computed.get("auto")).isEqualTo(computed.get("cuda --precision f16"))
        .isNotEqualTo(computed.get("cuda --precision bf16"));
  }

  private static String run(String driver, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-Dlangevin.cuda.libraries=" + DRIVER, "-cp",
        System.getProperty("java.class.path"), Langevin.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LANGEVIN_CUDA_DRIVER", driver);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
