package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Web UIs' samplers through the whole line, on a small model. */
class NamedSamplersPipelineTest {

  private static final Path FOLDER = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  private static Pipeline model;

  @BeforeAll
  static void load() {
    model = Pipelines.open(FOLDER);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static GenerationRequest.Builder request(String sampler, Compat compat) {
    return GenerationRequest.prompt("a cat").negativePrompt("a dog").size(32, 32).steps(5).seed(5).guidance(2)
        .sampler(sampler).compat(compat);
  }

  private static Tensor picture() {
    float[] values = new float[3 * 32 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 97 / 97f;
    }
    return Tensor.ofFloats(values, 3, 32, 32);
  }

  /** Catches a name that finds a sampler which the chain cannot walk, from noise or from a picture. */
  @Test
  void shouldMakePicturesWithEverySampler() {
    Map<List<Float>, String> seen = new HashMap<>();
    for (Compat compat : new Compat[] {Compat.COMFY, Compat.A1111}) {
      for (String name : NamedSamplers.names()) {
        Tensor made = model.generate(request(name, compat).build()).pictures();
        assertThat(made.shape()).as(name).isEqualTo(Shape.of(1, 3, 32, 32));
        Tensor from = model.generate(request(name, compat).image(picture()).strength(0.8).build()).pictures();
        assertThat(list(from)).as("%s in %s from a picture", name, compat).isNotEqualTo(list(made));
        seen.put(list(made), compat + " " + name);
      }
    }
    assertThat(seen.size()).as("different pictures").isGreaterThan(50);
  }

  private static List<Float> list(Tensor tensor) {
    List<Float> list = new ArrayList<>();
    for (float value : tensor.toFloats()) {
      assertThat(value).isFinite();
      list.add(value);
    }
    return list;
  }

  /** Catches noise that depends on what else is in the batch. */
  @Test
  void shouldMakeEachPictureOfABatchAlone() {
    for (Compat compat : new Compat[] {Compat.COMFY, Compat.A1111}) {
      Generation batch = model.generate(request("euler_ancestral", compat).count(2).build());
      Generation single = model.generate(request("euler_ancestral", compat).seed(batch.seed(1)).build());
      float[] expected = single.pictures().toFloats();
      float[] actual = batch.pictures().row(1).toFloats();
      for (int i = 0; i < expected.length; i++) { // other kernels may serve other batches: rounding differs
        assertThat(actual[i]).isCloseTo(expected[i], org.assertj.core.data.Offset.offset(2e-4f));
      }
    }
  }

  /** What is not painted anew keeps the picture, as far as the autoencoder does. */
  @Test
  void shouldPaintOnlyThePartThatIsMasked() {
    Tensor nothing = Tensor.allocate(DType.F32, Shape.of(1, 32, 32));
    for (String sampler : new String[] {"DPM++ 2M", "heun", "Euler a", "ddim"}) {
      GenerationRequest.Builder kept = request(sampler, Compat.COMFY).image(picture()).mask(nothing).strength(0.9);
      float[] first = model.generate(kept.build()).pictures().toFloats();
      float[] second = model.generate(kept.guidance(5).build()).pictures().toFloats();
      assertThat(second).as(sampler + ": no pixel is the network's").isEqualTo(first);
    }
  }

  @Test
  void shouldGuideSamplersOfCfgPlusPlusAtAnyScale() {
    float[] one = model.generate(request("euler_cfg_pp", Compat.COMFY).guidance(1).build()).pictures().toFloats();
    float[] half = model.generate(request("euler_cfg_pp", Compat.COMFY).guidance(0.5).build()).pictures().toFloats();
    assertThat(half).isNotEqualTo(one);
    assertThatThrownBy(() -> model.generate(request("euler_cfg_pp", Compat.COMFY).guidance(0).build()))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("euler_cfg_pp")
        .hasMessageContaining("guidance");
  }

  @Test
  void shouldStopAnAdaptiveRunWhereverItIs() {
    int[] steps = new int[2];
    assertThatThrownBy(() -> model.generate(request("DPM adaptive", Compat.A1111).build(), (done, all, preview) -> {
      steps[0] = done;
      return done < 5;
    }, new CancellationToken())).isInstanceOf(CancellationException.class);
    assertThat(steps[0]).isEqualTo(5);
    model.generate(request("DPM adaptive", Compat.A1111).build(), (done, all, preview) -> {
      steps[0] = done;
      steps[1] = all;
      return true;
    }, new CancellationToken());
    assertThat(steps[0]).as("the last step is the last of all").isEqualTo(steps[1]).isGreaterThan(5);
  }

  @Test
  void shouldRefuseByNameWhatASamplerDoesNotDo() {
    assertThatThrownBy(() -> model.generate(request("DPM adaptive", Compat.COMFY).count(2).build()))
        .hasMessageContaining("dpm_adaptive").hasMessageContaining("count of 1");
    assertThatThrownBy(() -> model.generate(request("DPM++ 2M", Compat.COMFY).denoisingEnd(0.5).build()))
        .hasMessageContaining("dpmpp_2m").hasMessageContaining("part of the chain");
    assertThatThrownBy(() -> model.generate(request("heun", Compat.COMFY).timesteps(900, 500).build()))
        .hasMessageContaining("heun").hasMessageContaining("timesteps");
  }
}
