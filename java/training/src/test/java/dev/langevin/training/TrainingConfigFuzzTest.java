package dev.langevin.training;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Whatever text a run's file is, it is taken or refused in one line that names it. */
class TrainingConfigFuzzTest {

  private static final Path FILE = Path.of("/run.yaml");

  @FuzzTest
  void shouldTakeOrRefuse(byte[] data) {
    try {
      TrainingConfig.parse(new String(data, StandardCharsets.UTF_8), FILE);
    } catch (TrainingException e) {
      if (!e.getMessage().startsWith(FILE.toString()) || e.getMessage().contains("\n")) {
        throw new AssertionError("the message is not one line that names the file: " + e.getMessage(), e);
      }
    }
  }
}
