package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code langevin convert} of models whose U-Nets read more than latents: latent consistency models, the x4 upscaler,
 * guided by depth. Each is made of the tiny Stable Diffusion by the tensors that its kind has more.
 */
class ConvertKindsTest {

  private static final Path MODEL = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");
  private static final String UNET = "unet/diffusion_pytorch_model.safetensors";
  private static final String CONV_IN = "conv_in.weight";

  @TempDir
  private Path folder;

  private Path model;

  @BeforeEach
  void copy() throws IOException {
    model = folder.resolve("model");
    try (Stream<Path> files = Files.walk(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(MODEL.relativize(file).toString()));
      }
    }
  }

  private String out(String name) {
    return folder.resolve(name).toString();
  }

  private void replace(String file, String from, String to) throws IOException {
    String text = Files.readString(model.resolve(file));
    String replaced = text.replaceFirst(from, to);
    assertThat(replaced).as(from).isNotEqualTo(text);
    Files.writeString(model.resolve(file), replaced);
  }

  /** Writes the U-Net anew, with such tensors of random numbers more or in the place of its own. */
  private void change(Map<String, Shape> shapes) throws IOException {
    Path changed = folder.resolve("changed.safetensors");
    try (SafetensorsFile unet = SafetensorsFile.open(model.resolve(UNET))) {
      Map<String, Shape> all = new LinkedHashMap<>();
      unet.names().forEach(name -> all.put(name, unet.tensor(name).shape()));
      all.putAll(shapes);
      Random random = new Random(9);
      SafetensorsWriter.write(changed, all, DType.F32, Map.of(), (name, shape, first, chunk, count) -> {
        float[] own = shapes.containsKey(name) ? null : unet.tensor(name).toFloats();
        for (int i = 0; i < count; i++) {
          chunk[i] = own == null ? (float) random.nextGaussian() / 3 : own[(int) first + i];
        }
      });
    }
    Files.delete(model.resolve(UNET));
    Files.move(changed, model.resolve(UNET));
  }

  private void readChannels(int channels) throws IOException {
    int width;
    try (SafetensorsFile unet = SafetensorsFile.open(model.resolve(UNET))) {
      width = unet.tensor(CONV_IN).shape().intDim(0);
    }
    change(Map.of(CONV_IN, Shape.of(width, channels, 3, 3)));
    replace("unet/config.json", "\"in_channels\": 4", "\"in_channels\": " + channels);
  }

  private void sampler(String className, String settings) throws IOException {
    replace("model_index.json", "(\"scheduler\": \\[\\s*\"diffusers\",\\s*\")\\w+", "$1" + className);
    Files.writeString(model.resolve("scheduler/scheduler_config.json"), "{\"_class_name\": \"" + className
        + "\", \"beta_start\": 0.00085, \"beta_end\": 0.012, \"beta_schedule\": \"scaled_linear\", " + settings + "}");
  }

  private Path thereAndBack(String said) {
    Outcome there = run("convert", model.toString(), "--to", "single-file", "--dtype", "f32", "--out",
        out("one.safetensors"));
    assertThat(there.code()).as(there.err()).isZero();
    assertThat(run("inspect", out("one.safetensors")).out()).contains(said);
    Outcome back = run("convert", out("one.safetensors"), "--to", "folder", "--dtype", "f32", "--tokenizer",
        model.resolve("tokenizer").toString(), "--out", out("back"));
    assertThat(back.code()).as(back.err()).isZero();
    try (SafetensorsFile a = SafetensorsFile.open(model.resolve(UNET));
        SafetensorsFile b = SafetensorsFile.open(folder.resolve("back").resolve(UNET))) {
      assertThat(b.names()).containsExactlyInAnyOrderElementsOf(a.names());
      for (String name : a.names()) {
        assertThat(b.tensor(name).data().mismatch(a.tensor(name).data())).as(name).isEqualTo(-1);
      }
    }
    return folder.resolve("back");
  }

  private byte[] picture(String of, String... more) throws IOException {
    String[] command = {"generate", "a fox", "--model", of, "--steps", "2", "--seed", "4", "--out", out("picture.png")};
    String[] all = Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    Outcome outcome = run(all);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    BufferedImage picture = ImageIO.read(folder.resolve("picture.png").toFile());
    byte[] bytes = new byte[4 * picture.getWidth() * picture.getHeight()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (picture.getRGB(i / 4 % picture.getWidth(), i / 4 / picture.getWidth()) >> 8 * (i % 4));
    }
    return bytes;
  }

  /** Catches a projection of the guidance that is lost, by which the folder would be another model. */
  @Test
  void shouldKeepWhatTellsTheGuidance() throws IOException {
    change(Map.of("time_embedding.cond_proj.weight", Shape.of(8, 32)));
    replace("unet/config.json", "\"time_cond_proj_dim\": null", "\"time_cond_proj_dim\": 32");
    replace("model_index.json", "StableDiffusionPipeline", "LatentConsistencyModelPipeline");
    sampler("LCMScheduler",
        "\"prediction_type\": \"epsilon\", \"original_inference_steps\": 50, \"clip_sample\": false,"
            + " \"set_alpha_to_one\": true, \"timestep_scaling\": 10.0");
    Path back = thereAndBack("latent consistency model");
    assertThat(back.resolve("model_index.json")).content().contains("LatentConsistencyModelPipeline");
    byte[] pixels = picture(model.toString());
    assertThat(picture(back.toString())).isEqualTo(pixels);
    assertThat(picture(out("one.safetensors"), "--tokenizer", model.resolve("tokenizer").toString()))
        .isEqualTo(pixels);
  }

  /** Catches noise levels of the small picture that are lost, and levels that are no embedding. */
  @Test
  void shouldKeepAnUpscalersNoise() throws IOException {
    readChannels(7);
    change(Map.of("class_embedding.weight", Shape.of(100, 32)));
    replace("unet/config.json", "\"num_class_embeds\": null", "\"num_class_embeds\": 100");
    replace("vae/config.json", "0.18215", "0.08333");
    replace("model_index.json", "StableDiffusionPipeline", "StableDiffusionUpscalePipeline");
    sampler("DDIMScheduler", "\"prediction_type\": \"v_prediction\", \"clip_sample\": false,"
        + " \"set_alpha_to_one\": false, \"steps_offset\": 1");
    replace("model_index.json", "\"text_encoder\"",
        "\"max_noise_level\": 99,\n  \"low_res_scheduler\": [\"diffusers\", \"DDPMScheduler\"],\n  \"text_encoder\"");
    Files.writeString(Files.createDirectory(model.resolve("low_res_scheduler")).resolve("scheduler_config.json"), """
        {"_class_name": "DDPMScheduler", "beta_start": 0.0002, "beta_end": 0.02, "beta_schedule": "scaled_linear",
        "clip_sample": true, "variance_type": "fixed_small"}
        """);
    Path back = thereAndBack("upscaler");
    assertThat(back.resolve("model_index.json")).content().contains("StableDiffusionUpscalePipeline")
        .contains("\"max_noise_level\" : 99");
    assertThat(back.resolve("low_res_scheduler/scheduler_config.json")).content().contains("2.0E-4");
    ImageIO.write(new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB), "png", folder.resolve("small.png").toFile());
    String[] request = {"--init-image", out("small.png")};
    byte[] pixels = picture(model.toString(), request);
    assertThat(picture(back.toString(), request)).isEqualTo(pixels);
    Files.delete(folder.resolve("one.yaml"));
    Files.delete(folder.resolve("one.safetensors"));
    replace("low_res_scheduler/scheduler_config.json", "scaled_linear", "linear");
    assertThat(run("convert", model.toString(), "--to", "single-file", "--out", out("one.safetensors")).err())
        .contains("has no place for the low_res_scheduler's beta_schedule linear");
  }

  @Test
  void shouldConvertWhatItCannotRun() throws IOException {
    readChannels(5);
    replace("model_index.json", "StableDiffusionPipeline", "StableDiffusionDepth2ImgPipeline");
    Path back = thereAndBack("guided by depth");
    assertThat(back.resolve("model_index.json")).content().contains("StableDiffusionDepth2ImgPipeline")
        .contains("depth_estimator");
    assertThat(run("inspect", out("one.safetensors")).out()).doesNotContain("langevin generate");
    assertThat(run("generate", "a fox", "--model", back.toString(), "--out", out("picture.png")).err())
        .contains("the U-Net reads 5 channels, so it is guided by depth");
  }
}
