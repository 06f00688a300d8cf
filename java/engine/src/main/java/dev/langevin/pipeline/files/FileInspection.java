package dev.langevin.pipeline.files;

import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SingleFileCheckpoint;
import dev.langevin.weights.WeightFile;
import dev.langevin.weights.WeightKind;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Looks at one file of weights. */
public final class FileInspection {

  private FileInspection() {}

  static ModelReport report(Path path, Path originalConfig, boolean values) {
    try (WeightFile file = WeightFile.open(path)) {
      WeightKind kind = WeightKind.of(file);
      List<ModelReport.Component> components = new ArrayList<>();
      Map<String, String> facts = new LinkedHashMap<>();
      List<String> faults = new ArrayList<>();
      String label = label(kind, file);
      if (kind == WeightKind.CHECKPOINT) {
        try (SingleFileCheckpoint checkpoint =
            originalConfig == null ? SingleFileCheckpoint.open(path)
                : SingleFileCheckpoint.open(path, originalConfig)) {
          label = checkpoint.family().label() + (checkpoint.isInpainting() ? " inpainting, " : ", ") + kind.label();
          look(checkpoint, path, components, facts, faults);
        } catch (WeightsException e) {
          faults.add(e.getMessage());
        }
      }
      if (components.isEmpty()) {
        components.add(ModelReport.component("-", "?", file));
      }
      String ranks = WeightKind.ranks(file);
      if (!ranks.isEmpty()) {
        facts.put("rank", ranks);
      }
      if (kind == WeightKind.UNKNOWN) {
        faults.add(path + ": the names of its tensors are those of no kind of weights known here");
      }
      if (values) {
        ModelReport.checkValues(file, faults);
      }
      return new ModelReport(label, file.format(), ModelReport.bytes(path), components, ModelReport.entries("", file),
          facts, faults);
    }
  }

  private static String label(WeightKind kind, NamedTensors file) {
    return kind.family(file).map(family -> kind.label() + " for " + family.label()).orElse(kind.label());
  }

  private static void look(SingleFileCheckpoint checkpoint, Path path, List<ModelReport.Component> components,
      Map<String, String> facts, List<String> faults) {
    facts.put("sampler", checkpoint.schedulerConfig().get("_class_name").toString());
    facts.put("predicts",
        checkpoint.schedulerConfig().get("prediction_type") + ", by " + checkpoint.predictionSource());
    int timeIds = Boolean.TRUE.equals(checkpoint.options().get("requires_aesthetics_score")) ? 5 : 6;
    for (String component : checkpoint.expectedComponents()) {
      String className = checkpoint.components().get(component);
      if (className == null) {
        faults.add(path + ": the file holds no " + component);
        continue;
      }
      NamedTensors weights = checkpoint.weights(component);
      components.add(ModelReport.component(component, className, weights));
      try {
        ExpectedWeights.of(className, checkpoint.config(component), weights, timeIds).ifPresent(weights::requireFit);
      } catch (IllegalArgumentException e) {
        faults.add(path + ": " + component + ": " + e.getMessage());
      } catch (WeightsException e) {
        faults.add(e.getMessage());
      }
    }
  }
}
