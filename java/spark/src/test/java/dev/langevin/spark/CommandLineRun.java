package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command line's own pictures, made by a process of its own. */
final class CommandLineRun {

  private CommandLineRun() {}

  /** Where its pictures are written. */
  static Path folder(Path folder) {
    return folder.resolve("pictures-of-the-command-line");
  }

  /** Runs {@code langevin generate} on a file of these prompts; the pictures are in their order. */
  static List<byte[]> pictures(Path folder, List<String> prompts, String... options)
      throws IOException, InterruptedException {
    Path file = Files.write(folder.resolve("prompts.txt"), prompts);
    Path out = Files.createDirectories(folder(folder));
    List<String> command = new ArrayList<>(List.of(Processes.java(), "--enable-native-access=ALL-UNNAMED", "-Xmx600m",
        "-XX:TieredStopAtLevel=1",
        "-cp", System.getProperty("java.class.path"), "dev.langevin.cli.Langevin", "generate", "--prompts",
        file.toString(), "--quiet"));
    command.addAll(List.of(options));
    command.addAll(List.of("--out", prompts.size() == 1 ? out.resolve("00000.png").toString() : out.toString()));
    Path log = folder.resolve("command-line.log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1"); // as an executor of one core
    Process process = builder.start();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      pictures.add(Files.readAllBytes(out.resolve("%05d.png".formatted(i))));
    }
    return pictures;
  }
}
