package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.backend.Backend;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Loss and gradients of one step of XL with updates of the U-Net and both text encoders, against those that torch
 * 2.13.0, transformers 5 and diffusers 0.40 compute as diffusers' {@code train_text_to_image_lora_sdxl.py} does: states
 * before the last layer beside each other, the second encoder's pooled text, sizes and crops as {@code time_ids}.
 */
class XlGradientsTest {

  private static final Path BASE =
      Path.of("../engine/src/test/resources/reference/pipelines_sdxl/_models/base").toAbsolutePath().normalize();
  private static final Path EXPECTED = Path.of("src/test/resources/sdxl_lora/expected.safetensors");

  @Test
  void shouldBeThoseOfTorchAndDiffusers() {
    ModelFolder folder = new ModelFolder(BASE);
    LowRank lora = new LowRank(2, 5.0, null, null, 0);
    TrainingConfig.Model model = new TrainingConfig.Model(folder.config("unet"), folder.schedulerConfig(), null, BASE,
        folder.config("text_encoder"), folder.component("tokenizer"), true, null, lora, null, null, null, null, false,
        null);
    TextEncoders texts = TextEncoders.of(model, new BaseModel(folder));
    Graph unet = UNet2DCondition.graph(UNetConditionConfig.of(folder.config("unet")), 2, 8, 8, texts.length(),
        TextEncoders.TIME_IDS, 0, false);
    Graph network = texts.before(lora.insert(unet, TextEncoders.UNET).graph(), 2, lora).graph();
    try (SafetensorsFile expected = SafetensorsFile.open(EXPECTED);
        ModelWeights unetWeights = folder.weights("unet"); ModelWeights first = folder.weights("text_encoder");
        ModelWeights second = folder.weights("text_encoder_2");
        Learner learner = new Learner(Backend.named("onednn"),
            LossGraph.of(network, "out", new LossFunction.SquaredError()), LowRank::isUpdate,
            name -> weight(name, expected,
                Map.of("unet", unetWeights, "text_encoder", first, "text_encoder_2", second)),
            new Learner.Settings(false, false, Long.MAX_VALUE))) {
      texts.write(new String[] {"a red car", "noise 3, and more"}, learner);
      assertThat(longs(learner.in("input_ids").read())).isEqualTo(longs(expected.tensor("input_ids")));
      assertThat(longs(learner.in("input_ids_2").read())).isEqualTo(longs(expected.tensor("input_ids_2")));
      for (String input : new String[] {"sample", "target", "timestep", "weight", "time_ids"}) {
        learner.in(input).write(expected.tensor(input));
      }
      learner.run();
      assertThat(learner.out("loss").toFloats()).containsExactly(expected.tensor("loss").toFloats(), within(1e-4f));
      int compared = 0;
      for (String name : learner.parameters().stored().keySet()) {
        float[] gradient = learner.parameters().tensor(learner.lastGradients(), name).toFloats();
        float[] reference = expected.tensor((LowRank.beginsAsZero(name) ? "dB." : "dA.") + LowRank.layer(name))
            .toFloats();
        float largest = 0;
        for (float value : reference) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as(name).isPositive();
        assertThat(gradient).as(name).containsExactly(reference, within(1e-3f * largest));
        compared++;
      }
      assertThat(compared).isEqualTo(2 * (64 + 24));
    }
  }

  private static Tensor weight(String name, SafetensorsFile updates, Map<String, ModelWeights> components) {
    if (LowRank.isUpdate(name)) {
      return updates.tensor((LowRank.beginsAsZero(name) ? "B." : "A.") + LowRank.layer(name));
    }
    int dot = name.indexOf('.');
    return components.get(name.substring(0, dot)).tensor(name.substring(dot + 1));
  }

  private static long[] longs(Tensor tensor) {
    return Arrays.stream(tensor.data().toArray(java.lang.foreign.ValueLayout.JAVA_LONG)).toArray();
  }
}
