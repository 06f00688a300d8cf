package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The broken safetensors files of the reference data: each loads or is refused as the format's own reader does it. */
class BrokenFilesTest {

  @Test
  void shouldLoadOrRefuseAsTheFormatDemands() throws IOException {
    Path folder = Path.of(System.getProperty("langevin.reference", "")).resolve("malformed/files");
    assumeTrue(Files.isDirectory(folder), "the broken files are not beside the checkout: " + folder);
    JsonNode files = new ObjectMapper().readTree(folder.resolve("case.json").toFile()).get("files");
    List<String> faults = new ArrayList<>();
    int seen = 0;
    try (SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"))) {
      for (Map.Entry<String, JsonNode> entry : files.properties()) {
        if (entry.getKey().endsWith(".safetensors")) {
          seen++;
          String fault = fault(folder.resolve(entry.getKey()), entry.getValue().get("expect").asText(), expected);
          if (fault != null) {
            faults.add(entry.getKey() + ": " + fault);
          }
        }
      }
    }
    assertThat(faults).isEmpty();
    assertThat(seen).isGreaterThan(30);
  }

  private static String fault(Path path, String expect, SafetensorsFile expected) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (String name : file.names()) {
        String stored = path.getFileName() + "/" + name;
        if (expect.equals("load") && expected.has(stored)
            && !java.util.Arrays.equals(file.tensor(name).toFloats(), expected.tensor(stored).toFloats())) {
          return name + " has other values";
        }
      }
      return expect.equals("error") ? "was taken" : null;
    } catch (WeightsException e) {
      return expect.equals("load") ? "was refused: " + e.getMessage()
          : e.getMessage().contains(path.toString()) ? null : "the message does not name the file: " + e.getMessage();
    }
  }
}
