package dev.langevin.pipeline.files;

import dev.langevin.weights.UpscalerFile;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at the weights of a network that makes pictures larger. */
final class UpscalerInspection {

  private UpscalerInspection() {}

  /** What it is, or nothing where it is no such network. */
  static Optional<ModelReport> report(Path path, boolean values) {
    try (UpscalerFile file = UpscalerFile.open(path)) {
      List<String> faults = new ArrayList<>();
      if (values) {
        ModelReport.checkValues(file, faults);
      }
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("loaded by", "langevin upscale PICTURE --model " + path);
      return Optional.of(new ModelReport("upscaler, " + words(file.kind()), file.format(), ModelReport.bytes(path),
          List.of(ModelReport.component("-", "?", file)), ModelReport.entries("", file), facts, faults));
    } catch (WeightsException e) {
      return Optional.empty();
    }
  }

  private static String words(UpscalerFile.Kind kind) {
    return switch (kind) {
      case RRDB -> "ESRGAN or Real-ESRGAN with dense blocks";
      case COMPACT -> "Real-ESRGAN's compact network";
      case SLIM -> "UpscalerJS's small network";
    };
  }
}
