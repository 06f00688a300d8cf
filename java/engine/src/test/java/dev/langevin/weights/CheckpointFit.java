package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Compares a checkpoint's tensors with the networks of its configurations; each gives the number of parameters. */
final class CheckpointFit {

  private CheckpointFit() {}

  static long unet(SingleFileCheckpoint checkpoint, int timeIds) {
    UNetConditionConfig config = UNetConditionConfig.of(checkpoint.config("unet"));
    return fit(checkpoint, "unet", UNet2DCondition.graph(config, 1, 16, 16, 1, timeIds, 0, false).storedWeights());
  }

  static long vae(SingleFileCheckpoint checkpoint) {
    AutoencoderConfig config = AutoencoderConfig.of(checkpoint.config("vae"));
    Map<String, Shape> expected = new HashMap<>(AutoencoderKL.encoder(config, 1, 16, 16).storedWeights());
    expected.putAll(AutoencoderKL.decoder(config, 1, 2, 2).storedWeights());
    return fit(checkpoint, "vae", expected);
  }

  static long text(SingleFileCheckpoint checkpoint, String component) {
    boolean projected = checkpoint.components().get(component).endsWith("WithProjection");
    ClipConfig config = ClipConfig.of(checkpoint.config(component), projected);
    return fit(checkpoint, component,
        ClipText.graph(config, "text_model.", 1, 77, false, List.of(), -1).storedWeights());
  }

  private static long fit(SingleFileCheckpoint checkpoint, String component, Map<String, Shape> expected) {
    NamedTensors weights = checkpoint.weights(component);
    weights.requireFit(expected);
    assertThat(new TreeSet<>(weights.names())).isEqualTo(new TreeSet<>(expected.keySet()));
    return expected.values().stream().mapToLong(Shape::elements).sum();
  }
}
