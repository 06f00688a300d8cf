package dev.langevin.reference;

import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SingleFileCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * One model as a diffusers folder and as files in the original naming: each file gives the folder's tensors and
 * configurations, and the f32 one the stored picture, by the sampler that it implies.
 */
final class SingleFileCases implements CaseRunner {

  /** Entries that neither shapes nor the YAML file tell: sizes that pictures have where none is asked for. */
  private static final List<String> UNTOLD = List.of("sample_size");

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("single_file") && c.json().path("files").has("original_config.yaml");
  }

  @Override
  public void run(ReferenceCase c) throws IOException {
    for (Map.Entry<String, ?> file : c.json().get("files").properties()) {
      if (file.getKey().startsWith("model")) {
        compare(c, c.dir().resolve(file.getKey()));
      }
    }
    LatentPipelineCases.run(c, c.dir().resolve("model.safetensors"), TestedBackend.options()
        .originalConfig(c.dir().resolve("original_config.yaml")).tokenizer(c.model().resolve("tokenizer")).build());
  }

  private static void compare(ReferenceCase c, Path file) throws IOException {
    ModelFolder folder = new ModelFolder(c.model());
    try (SingleFileCheckpoint checkpoint = SingleFileCheckpoint.open(file, c.dir().resolve("original_config.yaml"))) {
      for (String component : List.of("unet", "vae", "text_encoder")) {
        try (ModelWeights expected = folder.weights(component)) {
          compare(file + ": " + component, checkpoint.weights(component), expected);
        }
        compare(file + ": " + component, checkpoint.config(component), folder.config(component));
      }
      compare(file + ": scheduler", checkpoint.schedulerConfig(),
          ReferenceCase.map(c.dir().resolve("scheduler/scheduler_config.json")));
      UNetConditionConfig.of(checkpoint.config("unet"));
      AutoencoderConfig.of(checkpoint.config("vae"));
      ClipConfig.of(checkpoint.config("text_encoder"), false);
    }
  }

  private static void compare(String what, NamedTensors actual, NamedTensors expected) {
    if (!new TreeSet<>(actual.names()).equals(new TreeSet<>(expected.names()))) {
      TreeSet<String> more = new TreeSet<>(actual.names());
      more.removeAll(expected.names());
      TreeSet<String> less = new TreeSet<>(expected.names());
      less.removeAll(actual.names());
      throw new AssertionError(what + ": missing " + less + ", besides " + more);
    }
    for (String name : expected.names()) {
      Tensor tensor = actual.tensor(name);
      if (!tensor.shape().equals(expected.tensor(name).shape())) {
        throw new AssertionError(
            what + ": " + name + " is " + tensor.shape() + ", expected " + expected.tensor(name).shape());
      }
      float[] values = expected.tensor(name).toFloats();
      double bound = 0;
      if (tensor.dtype().bytes() == 2) { // f16 keeps 11 bits
        for (float value : values) {
          bound = Math.max(bound, Math.abs(value) * 0x1p-11);
        }
      }
      Closeness.assertClose(what + ": " + name, tensor.toFloats(), values, bound);
    }
  }

  /** What both configurations say is the same. */
  private static void compare(String what, Map<String, Object> actual, Map<String, Object> expected) {
    actual.forEach((key, value) -> {
      if (expected.containsKey(key) && !UNTOLD.contains(key) && !value.equals(expected.get(key))) {
        throw new AssertionError(what + ": " + key + " is " + value + ", expected " + expected.get(key));
      }
    });
  }
}
