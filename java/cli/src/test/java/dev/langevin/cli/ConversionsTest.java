package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every kind of model that single files are known of, in every precision, from its folder to a folder, from there to a
 * file, and back: bit-equal on the way, and what is rounded once is rounded to the nearest. Leaves all of it in a
 * folder for {@code bench/peers/read_conversions.py}, by which diffusers reads it: docs/convert.md.
 */
@Tag("conversions")
class ConversionsTest {

  private static final Path REFERENCE = Path.of(System.getProperty("langevin.reference", ""));
  private static final Path OUT = Path.of(System.getProperty("langevin.conversions", "target/conversions"));

  /** Places below the reference folder, by the names of what is made of them. */
  private static final Map<String, String> MODELS = new LinkedHashMap<>();

  static {
    MODELS.put("sd1", "pipelines_sd/_models/sd1");
    MODELS.put("sd1-inpainting", "pipelines_sd/_models/sd1_inpaint");
    MODELS.put("sd2", "pipelines_sd/_models/sd2_v");
    MODELS.put("xl", "pipelines_sdxl/_models/base");
    MODELS.put("xl-refiner", "pipelines_sdxl/_models/refiner");
    MODELS.put("lcm", "pipelines_sd/_models/lcm");
    MODELS.put("upscaler", "pipelines_sd/_models/upscale");
  }

  private int tensors;
  private int files;

  @Test
  void shouldBeBitEqualThereAndBack() throws IOException {
    for (Map.Entry<String, String> model : MODELS.entrySet()) {
      Path original = REFERENCE.resolve(model.getValue());
      assertThat(original.resolve("model_index.json")).exists();
      for (String precision : List.of("f32", "f16", "bf16", "fp8")) {
        Path at = OUT.resolve(model.getKey()).resolve(precision);
        if (Files.exists(at)) {
          delete(at);
        }
        convert(original, precision, "folder", at.resolve("folder"));
        convert(at.resolve("folder"), "same", "single-file", at.resolve("one.safetensors"));
        String tokenizer = Files.exists(original.resolve("tokenizer")) ? "tokenizer" : "tokenizer_2";
        convert(at.resolve("one.safetensors"), "same", "folder", at.resolve("back"), "--tokenizer",
            original.resolve(tokenizer).toString());
        int before = tensors;
        compare(original, at, precision);
        System.out.printf("conversions: %s in %s: %,d tensors bit-equal there and back%n", model.getKey(), precision,
            tensors - before);
      }
    }
    System.out.printf("conversions: %d models in 4 precisions: %,d files of %,d tensors, all bit-equal: %s%n",
        MODELS.size(), files, tensors, OUT);
  }

  private static void convert(Path from, String precision, String form, Path to, String... more) {
    String[] command = {"convert", from.toString(), "--dtype", precision, "--to", form, "--out", to.toString()};
    Outcome outcome = run(Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  private void compare(Path original, Path at, String precision) throws IOException {
    List<Path> weights;
    try (Stream<Path> all = Files.walk(original)) {
      weights =
          all.filter(file -> file.toString().endsWith(".safetensors")).sorted().map(original::relativize).toList();
    }
    assertThat(weights).isNotEmpty();
    for (Path file : weights) {
      try (SafetensorsFile exact = SafetensorsFile.open(original.resolve(file));
          SafetensorsFile once = SafetensorsFile.open(at.resolve("folder").resolve(file));
          SafetensorsFile back = SafetensorsFile.open(at.resolve("back").resolve(file))) {
        assertThat(back.names()).containsExactlyInAnyOrderElementsOf(exact.names());
        for (String name : exact.names()) {
          String what = at + ": " + file + ": " + name;
          assertThat(once.tensor(name).encoding()).as(what).isEqualTo(encoding(precision));
          assertThat(back.tensor(name).encoding()).as(what).isEqualTo(encoding(precision));
          assertThat(back.tensor(name).shape()).as(what).isEqualTo(exact.tensor(name).shape());
          assertThat(back.tensor(name).data().mismatch(once.tensor(name).data())).as(what).isEqualTo(-1);
          float[] rounded = exact.tensor(name).toFloats();
          for (int i = 0; i < rounded.length; i++) {
            rounded[i] = round(rounded[i], precision);
          }
          assertThat(back.tensor(name).toFloats()).as(what).isEqualTo(rounded);
          tensors++;
        }
        files++;
      }
    }
  }

  private static Encoding encoding(String precision) {
    return switch (precision) {
      case "f32" -> DType.F32;
      case "f16" -> DType.F16;
      case "bf16" -> DType.BF16;
      default -> Float8.F8_E4M3;
    };
  }

  private static float round(float value, String precision) {
    return switch (precision) {
      case "f32" -> value;
      case "f16" -> Float.float16ToFloat(Float.floatToFloat16(value));
      case "bf16" -> DType.bf16ToFloat(DType.floatToBf16(value));
      default -> Float8.F8_E4M3.value(Float8.F8_E4M3.round(value));
    };
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
