package dev.langevin.weights;

import dev.langevin.graph.Activation;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The networks of Stable Diffusion 1.5 by names and shapes. */
final class StableDiffusionWeights {

  private StableDiffusionWeights() {}

  /** Zeros of a network's shapes. */
  private record Zeros(Map<String, Shape> shapes) implements NamedTensors {
    @Override
    public String origin() {
      return "zeros";
    }

    @Override
    public String identity() {
      return "zeros";
    }

    @Override
    public Set<String> names() {
      return shapes.keySet();
    }

    @Override
    public Tensor tensor(String name) {
      return Tensor.allocate(DType.F16, shapes.get(name));
    }
  }

  /** By component; all are zeros. */
  static Map<String, NamedTensors> components() {
    UNetConditionConfig unet = UNetConditionConfig.of(Map.of("sample_size", 64, "cross_attention_dim", 768));
    ClipConfig clip = new ClipConfig(49408, 77, 768, 3072, 12, 12, Activation.QUICK_GELU, 1e-5, 49407, 0, 0, null);
    Map<String, NamedTensors> components = new LinkedHashMap<>();
    components.put("unet", new Zeros(UNet2DCondition.graph(unet, 1, 16, 16, 77, 0, 0, false).storedWeights()));
    components.put("text_encoder",
        new Zeros(ClipText.graph(clip, "text_model.", 1, 77, false, List.of(), 0).storedWeights()));
    return components;
  }
}
