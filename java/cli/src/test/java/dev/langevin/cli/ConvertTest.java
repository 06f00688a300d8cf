package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.MixedTensors;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.SomeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code langevin convert}: every form and precision, and back. */
class ConvertTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");
  private static final Path SD1 = MODELS.resolve("pipelines_sd/_models/sd1");
  private static final String UNET = "unet/diffusion_pytorch_model.safetensors";
  private static final String VAE = "vae/diffusion_pytorch_model.safetensors";
  private static final String TEXT = "text_encoder/model.safetensors";
  private static final String IDS = "text_model.embeddings.position_ids";

  @TempDir
  private Path folder;

  /** A copy of a model that may be changed. */
  private Path copy(Path model) throws IOException {
    Path copy = folder.resolve("model");
    try (Stream<Path> files = Files.walk(model)) {
      for (Path file : files.toList()) {
        Path to = copy.resolve(model.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    return copy;
  }

  private String out(String name) {
    return folder.resolve(name).toString();
  }

  /** Some tensors beside a file's. */
  private record With(NamedTensors base, Map<String, Tensor> added) implements NamedTensors {

    @Override
    public Tensor tensor(String name) {
      return added.containsKey(name) ? added.get(name) : base.tensor(name);
    }

    @Override
    public Set<String> names() {
      Set<String> names = new LinkedHashSet<>(base.names());
      names.addAll(added.keySet());
      return names;
    }

    @Override
    public String origin() {
      return base.origin();
    }
  }

  private static void add(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
    Path changed = file.resolveSibling("changed");
    try (SafetensorsFile before = SafetensorsFile.open(file)) {
      SafetensorsWriter.write(changed, new With(before, tensors), UnaryOperator.identity(), metadata);
    }
    Files.delete(file);
    Files.move(changed, file);
  }

  private static void assertSame(Path one, Path other) {
    try (SafetensorsFile a = SafetensorsFile.open(one); SafetensorsFile b = SafetensorsFile.open(other)) {
      assertThat(b.names()).containsExactlyInAnyOrderElementsOf(a.names());
      for (String name : a.names()) {
        assertThat(b.tensor(name).encoding()).as(name).isEqualTo(a.tensor(name).encoding());
        assertThat(b.tensor(name).shape()).as(name).isEqualTo(a.tensor(name).shape());
        assertThat(b.tensor(name).data().mismatch(a.tensor(name).data())).as(name).isEqualTo(-1);
      }
    }
  }

  /** Catches integers that are refused or rounded, text of a file that is lost, and a failure that leaves a folder. */
  @Test
  void shouldKeepIntegersAndTheFilesText() throws IOException {
    Path model = copy(SD1);
    add(model.resolve(TEXT), Map.of(IDS, Tensor.ofLongs(new long[] {0, 1, 2}, 1, 3)),
        Map.of("format", "pt", "modelspec.title", "a fox"));
    assertThat(run("convert", model.toString(), "--out", out("half")).code()).isZero();
    try (SafetensorsFile text = SafetensorsFile.open(folder.resolve("half").resolve(TEXT))) {
      assertThat(text.tensor(IDS).toLongs()).containsExactly(0, 1, 2);
      assertThat(text.tensor("text_model.final_layer_norm.weight").encoding()).isEqualTo(DType.F16);
      assertThat(text.metadata()).containsEntry("modelspec.title", "a fox").containsEntry("format", "pt");
    }
    add(model.resolve(UNET), Map.of("conv_out.bias", Tensor.ofFloats(new float[] {1e6f, 0, 0, 0}, 4)), Map.of());
    Outcome failed = run("convert", model.toString(), "--out", out("again"));
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err()).contains("conv_out.bias has a 1000000.0, which is too large for f16");
    assertThat(folder.resolve("again")).doesNotExist();
    assertThat(run("convert", model.toString(), "--out", out("again"), "--dtype", "bf16").code()).isZero();
  }

  @Test
  void shouldFollowLinks() throws IOException {
    Path model = copy(SD1);
    Path link = Files.createSymbolicLink(folder.resolve("link"), model);
    Files.move(model.resolve("vae"), folder.resolve("vae"));
    Files.createSymbolicLink(model.resolve("vae"), Path.of("../vae"));
    assertThat(run("convert", link.toString(), "--out", out("whole"), "--dtype", "f32").code()).isZero();
    assertSame(SD1.resolve(VAE), folder.resolve("whole").resolve(VAE));
    Files.delete(model.resolve("vae"));
    Files.createSymbolicLink(model.resolve("vae"), Path.of("../nowhere"));
    assertThat(run("convert", link.toString(), "--out", out("other")).err())
        .contains("is a link to ../nowhere, where nothing is");
    assertThat(folder.resolve("other")).doesNotExist();
    assertThat(run("convert", model.toString(), "--out", model.resolve("within").toString()).err())
        .contains("lies within");
  }

  /** Catches a file that keeps its precision, and a variant that hides the copy's own weights. */
  @ParameterizedTest
  @CsvSource({"f32", "f16", "bf16", "fp8"})
  void shouldWriteEveryFileInThePrecisionAskedFor(String precision) throws IOException {
    Encoding encoding = switch (precision) {
      case "f32" -> DType.F32;
      case "f16" -> DType.F16;
      case "bf16" -> DType.BF16;
      default -> Float8.F8_E4M3;
    };
    Path model = copy(SD1);
    Files.copy(model.resolve(UNET), model.resolve("unet/diffusion_pytorch_model.fp16.safetensors"));
    Outcome outcome = run("convert", model.toString(), "--out", out("copy"), "--dtype", precision);
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).contains("left out").contains("diffusion_pytorch_model.fp16.safetensors");
    Path copy = folder.resolve("copy");
    assertThat(copy.resolve("unet/diffusion_pytorch_model.fp16.safetensors")).doesNotExist();
    for (String name : List.of(UNET, VAE, TEXT)) {
      try (SafetensorsFile before = SafetensorsFile.open(SD1.resolve(name));
          SafetensorsFile file = SafetensorsFile.open(copy.resolve(name))) {
        for (String tensor : file.names()) {
          assertThat(file.tensor(tensor).encoding()).as(tensor).isEqualTo(encoding);
        }
        String first = file.names().iterator().next();
        float[] exact = before.tensor(first).toFloats();
        float[] rounded = file.tensor(first).toFloats();
        for (int i = 0; i < exact.length; i++) {
          assertThat(rounded[i]).isEqualTo(switch (precision) {
            case "f32" -> exact[i];
            case "f16" -> Float.float16ToFloat(Float.floatToFloat16(exact[i]));
            case "bf16" -> DType.bf16ToFloat(DType.floatToBf16(exact[i]));
            default -> Float8.F8_E4M3.value(Float8.F8_E4M3.round(exact[i]));
          });
        }
      }
    }
    if (!precision.equals("fp8")) {
      Outcome looked = run("inspect", "--wide", copy.toString());
      assertThat(looked.code()).isZero();
      assertThat(looked.out()).contains("langevin generate TEXT --model " + copy);
    }
  }

  /** Catches a tensor that is lost, turned or put elsewhere on the way, and a model that is read as another one. */
  @ParameterizedTest
  @CsvSource({"pipelines_sd/_models/sd1, quick_gelu", "pipelines_sd/_models/sd1, gelu",
      "pipelines_sdxl/_models/base, quick_gelu"})
  void shouldMakeOneFileAndAFolderOfItAgain(String name, String activation) throws IOException {
    Path model = copy(MODELS.resolve(name));
    Path config = model.resolve("text_encoder/config.json"); // with gelu it is OpenCLIP's, as in Stable Diffusion 2
    Files.writeString(config, Files.readString(config).replace("quick_gelu", activation));
    if (activation.equals("gelu")) {
      Path tokenizer = model.resolve("tokenizer/tokenizer_config.json");
      Files.writeString(tokenizer, Files.readString(tokenizer).replaceFirst("(\"pad_token\": )\"[^\"]*\"", "$1\"!\""));
    }
    Outcome outcome =
        run("convert", model.toString(), "--to", "single-file", "--dtype", "f32", "--out", out("one.safetensors"));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("give its folder with --tokenizer");
    assertThat(run("convert", out("one.safetensors"), "--to", "folder", "--dtype", "f32", "--tokenizer",
        model.resolve("tokenizer").toString(), "--out", out("back")).code()).isZero();
    Path back = folder.resolve("back");
    assertSame(model.resolve(UNET), back.resolve(UNET));
    assertSame(model.resolve(VAE), back.resolve(VAE));
    assertSame(model.resolve(TEXT), back.resolve(TEXT));
    assertThat(run("inspect", back.toString()).code()).isZero();
    int[] colours = new int[2];
    for (int i = 0; i < 2; i++) {
      assertThat(run("generate", "a fox", "--model", (i == 0 ? model : back).toString(), "--sampler", "euler",
          "--steps", "1", "--out", out("picture.png")).code()).isZero();
      colours[i] = ImageIO.read(folder.resolve("picture.png").toFile()).getRGB(3, 5);
    }
    assertThat(colours[1]).isEqualTo(colours[0]);
    String[] again = {"convert", model.toString(), "--to", "single-file", "--out", out("one.safetensors")};
    assertThat(run(again).err()).contains("is there already");
    Files.delete(folder.resolve("one.safetensors")); // as where a process was killed between the two
    assertThat(run(again).code()).isZero();
    Files.delete(folder.resolve("one.safetensors"));
    Files.writeString(folder.resolve("one.yaml"), "of somebody");
    assertThat(run(again).err()).contains("one.yaml is there already, and says something else");
    assertThat(folder.resolve("one.yaml")).hasContent("of somebody");
  }

  @Test
  void shouldTakeAveragesOrTellThatItDoesNot() throws IOException {
    Path one = folder.resolve("one.safetensors");
    run("convert", SD1.toString(), "--to", "single-file", "--dtype", "f32", "--out", one.toString());
    Map<String, Tensor> averages = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(one)) {
      for (String name : file.names()) {
        if (name.startsWith("model.diffusion_model.")) {
          Tensor tensor = file.tensor(name);
          float[] values = tensor.toFloats();
          for (int i = 0; i < values.length; i++) {
            values[i] *= 2;
          }
          averages.put("model_ema." + name.substring("model.".length()).replace(".", ""),
              Tensor.ofFloats(values, tensor.shape().dims()));
        }
      }
    }
    assertThat(run("convert", one.toString(), "--ema", "--out", out("none.safetensors")).err())
        .contains("holds no averages");
    Map<String, Tensor> some = new LinkedHashMap<>(averages);
    some.keySet().retainAll(averages.keySet().stream().limit(5).toList());
    Path partial = Files.copy(one, folder.resolve("partial.safetensors"));
    add(partial, some, Map.of());
    assertThat(run("convert", partial.toString(), "--ema", "--out", out("none.safetensors")).err())
        .contains(averages.size() - 5 + " tensors of the U-Net have no average");
    add(one, averages, Map.of());
    Outcome plain = run("convert", one.toString(), "--to", "folder", "--dtype", "f32", "--out", out("plain"));
    assertThat(plain.err()).contains(averages.size() + " of ").contains("--ema takes them");
    assertSame(SD1.resolve(UNET), folder.resolve("plain").resolve(UNET));
    assertDoubled(one, "averaged");
    Path only = folder.resolve("only.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(one)) { // pruned the wrong way round
      SafetensorsWriter.write(only, SomeTensors.of(file, name -> !name.startsWith("model.")), UnaryOperator.identity(),
          Map.of());
    }
    Files.copy(folder.resolve("one.yaml"), folder.resolve("only.yaml"));
    assertThat(run("inspect", "--wide", only.toString()).out()).contains("a checkpoint without a U-Net")
        .contains(averages.size() + " are averages");
    assertDoubled(only, "rescued");
  }

  private void assertDoubled(Path file, String name) {
    Outcome outcome = run("convert", file.toString(), "--ema", "--to", "folder", "--dtype", "f32", "--out", out(name));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    try (SafetensorsFile before = SafetensorsFile.open(SD1.resolve(UNET));
        SafetensorsFile after = SafetensorsFile.open(folder.resolve(name).resolve(UNET))) {
      assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
      for (String tensor : before.names()) {
        assertThat(after.tensor(tensor).toFloats()[0]).as(tensor).isEqualTo(2 * before.tensor(tensor).toFloats()[0]);
      }
    }
  }

  /** Catches factors that go to the wrong model, and sums of only some of the networks. */
  @Test
  void shouldMixModels() throws IOException {
    Path other = copy(SD1);
    for (String name : List.of(UNET, TEXT)) {
      try (SafetensorsFile file = SafetensorsFile.open(SD1.resolve(name))) {
        NamedTensors twice = MixedTensors.of(List.of(new MixedTensors.Term(file, 3)));
        Files.delete(other.resolve(name));
        SafetensorsWriter.write(other.resolve(name), twice, encoding -> DType.F32, Map.of());
      }
    }
    assertThat(run("convert", SD1.toString(), "--sum", other + ":0.25", "--dtype", "f32", "--out", out("sum")).code())
        .isZero();
    assertThat(run("convert", SD1.toString(), "--add", other.toString(), "--minus", SD1.toString(), "--amount", "0.5",
        "--dtype", "f32", "--to", "single-file", "--out", out("added.safetensors")).code()).isZero();
    assertThat(run("convert", out("added.safetensors"), "--dtype", "f32", "--to", "folder", "--out", out("added"))
        .code()).isZero();
    for (String name : List.of(UNET, TEXT)) {
      try (SafetensorsFile before = SafetensorsFile.open(SD1.resolve(name));
          SafetensorsFile sum = SafetensorsFile.open(folder.resolve("sum").resolve(name));
          SafetensorsFile added = SafetensorsFile.open(folder.resolve("added").resolve(name))) {
        for (String tensor : before.names()) {
          Percentage within = Percentage.withPercentage(1e-4);
          float value = before.tensor(tensor).toFloats()[0];
          assertThat(sum.tensor(tensor).toFloats()[0]).isCloseTo(1.5f * value, within);
          assertThat(added.tensor(tensor).toFloats()[0]).isCloseTo(2 * value, within);
        }
      }
    }
    assertThat(run("convert", SD1.toString(), "--sum", MODELS.resolve("pipelines_sdxl/_models/base").toString(),
        "--out", out("no")).err()).contains("only models of one kind can be mixed");
    assertThat(run("convert", SD1.toString(), "--add", other.toString(), "--out", out("no")).err())
        .contains("give --add and --minus, or none");
    assertThat(folder.resolve("no")).doesNotExist();
  }

  /** Catches updates that are not added, or added to a copy beside the weights. */
  @Test
  void shouldMergeUpdates() throws IOException {
    Path lora = folder.resolve("lora.safetensors");
    String layer = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
    long width;
    try (SafetensorsFile unet = SafetensorsFile.open(SD1.resolve(UNET))) {
      width = unet.tensor(layer + ".weight").shape().dim(0);
    }
    SafetensorsWriter.write(lora,
        Map.of("unet." + layer + ".lora_A.weight", Shape.of(1, width), "unet." + layer + ".lora_B.weight",
            Shape.of(width, 1)),
        DType.F32, Map.of(), (name, shape, first, chunk, count) -> Arrays.fill(chunk, 0, count, 0.5f));
    assertThat(run("convert", SD1.toString(), "--lora", lora + ":2", "--dtype", "f32", "--out", out("merged")).code())
        .isZero();
    List<String> changed = new ArrayList<>();
    try (SafetensorsFile before = SafetensorsFile.open(SD1.resolve(UNET));
        SafetensorsFile after = SafetensorsFile.open(folder.resolve("merged").resolve(UNET))) {
      for (String name : before.names()) {
        if (before.tensor(name).data().mismatch(after.tensor(name).data()) >= 0) {
          changed.add(name);
          assertThat(after.tensor(name).toFloats()[1]).isEqualTo(before.tensor(name).toFloats()[1] + 0.5f);
        }
      }
    }
    assertThat(changed).containsExactly(layer + ".weight");
    assertSame(SD1.resolve(VAE), folder.resolve("merged").resolve(VAE));
  }
}
