package dev.langevin.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import dev.langevin.text.ClipVocabulary;
import dev.langevin.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a model of a real configuration with random weights: time and memory do not depend on the values. */
@Command(name = "write-model", header = "Writes a model of a real configuration, of random weights.",
    footer = {"langevin bench write-model sd15 --out /tmp/sd15"}, mixinStandardHelpOptions = true,
    description = "Writes a diffusers folder of a published model's configuration, with random weights.")
final class BenchWriteModel implements Callable<Integer> {

  /** Models, by the names on the command line. */
  enum Model {
    sd15(List.of("unet", "vae", "text_encoder"), List.of("tokenizer")),
    sdxl(List.of("unet", "vae", "text_encoder", "text_encoder_2"), List.of("tokenizer", "tokenizer_2")),
    karlo(List.of("prior", "text_encoder", "text_proj", "decoder", "super_res_first", "super_res_last"),
        List.of("tokenizer"));

    final List<String> networks;
    final List<String> tokenizers;

    Model(List<String> networks, List<String> tokenizers) {
      this.networks = networks;
      this.tokenizers = tokenizers;
    }
  }

  /** How weights lie in the files. */
  enum Stored {
    f32(DType.F32),
    f16(DType.F16),
    f8_e4m3(Float8.F8_E4M3),
    f8_e5m2(Float8.F8_E5M2);

    final Encoding encoding;

    Stored(Encoding encoding) {
      this.encoding = encoding;
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  @Parameters(paramLabel = "MODEL", description = "${COMPLETION-CANDIDATES}")
  private Model model;

  @Option(names = {"--precision", "--dtype"}, paramLabel = "NAME", defaultValue = "f16",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Stored dtype;

  @Option(names = "--out", paramLabel = "DIR", required = true,
      description = "The folder; existing files are overwritten.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    copy("model_index.json");
    for (String scheduler : model == Model.karlo
        ? List.of("prior_scheduler", "decoder_scheduler", "super_res_scheduler") : List.of("scheduler")) {
      copy(scheduler + "/scheduler_config.json");
    }
    for (String tokenizer : model.tokenizers) {
      copy(tokenizer + "/tokenizer_config.json");
      List<String[]> merges = ClipVocabulary.merges();
      JSON.writeValue(out.resolve(tokenizer).resolve("vocab.json").toFile(), ClipVocabulary.symbols(merges));
      Files.write(out.resolve(tokenizer).resolve("merges.txt"),
          merges.stream().map(pair -> pair[0] + " " + pair[1]).toList());
    }
    long parameters = 0;
    for (String network : model.networks) {
      Map<String, Shape> shapes = new TreeMap<>(shapes(network, copy(network + "/config.json")));
      String name = network.startsWith("text") ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
      SafetensorsWriter.write(out.resolve(network).resolve(name), shapes, dtype.encoding, Map.of("format", "pt"),
          new RandomValues());
      long count = shapes.values().stream().mapToLong(Shape::elements).sum();
      parameters += count;
      System.out.printf("%-16s %,14d parameters in %,d tensors%n", network, count, shapes.size());
    }
    System.out.printf("%-16s %,14d parameters: %s%n", model, parameters, out);
    return 0;
  }

  private Map<String, Object> copy(String file) throws IOException {
    Path target = out.resolve(file);
    Files.createDirectories(target.getParent());
    try (InputStream resource = BenchWriteModel.class.getResourceAsStream("configurations/" + model + "/" + file)) {
      Files.write(target, resource.readAllBytes());
    }
    return JSON.readValue(target.toFile(), new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  private static Map<String, Shape> shapes(String network, Map<String, Object> config) {
    return switch (network) {
      case "unet", "decoder" -> {
        UNetConditionConfig unet = UNetConditionConfig.of(config);
        yield UNet2DCondition.graph(unet, 1, 64, 64, 77, unet.textTime() ? 6 : 0, 0, false).storedWeights();
      }
      case "super_res_first", "super_res_last" -> UNet2D.graph(UNet2DConfig.of(config), 1, 64, 64).storedWeights();
      case "prior" -> {
        PriorConfig prior = PriorConfig.of(config);
        Map<String, Shape> shapes = new TreeMap<>(PriorTransformer.graph(prior, 1, true).storedWeights());
        shapes.put("clip_mean", Shape.of(1, prior.imageWidth()));
        shapes.put("clip_std", Shape.of(1, prior.imageWidth()));
        yield shapes;
      }
      case "text_proj" -> UnClipTextProjection.graph(UnClipTextProjection.Config.of(config), 1, 1, 77).storedWeights();
      case "vae" -> {
        AutoencoderConfig vae = AutoencoderConfig.of(config);
        Map<String, Shape> shapes = new TreeMap<>(AutoencoderKL.encoder(vae, 1, 64, 64).storedWeights());
        shapes.putAll(AutoencoderKL.decoder(vae, 1, 8, 8).storedWeights());
        yield shapes;
      }
      default -> {
        ClipConfig clip = ClipConfig.of(config, String.valueOf(config.get("architectures")).contains("WithProjection"));
        yield ClipText.graph(clip, "text_model.", 1, 77, false, List.of(), clip.projection() == null ? 0 : -1)
            .storedWeights();
      }
    };
  }

  /** Scales of norms are 1, biases 0; all else is such that a layer's result is about as large as what it reads. */
  private static final class RandomValues implements SafetensorsWriter.Values {

    private static final int TABLE = 1 << 20;

    private final float[] normals = new float[TABLE]; // drawn once: a billion of them would take minutes
    private final Random random = new Random(1);

    RandomValues() {
      for (int i = 0; i < TABLE; i++) {
        normals[i] = (float) random.nextGaussian();
      }
    }

    @Override
    public void read(String name, Shape shape, long first, float[] chunk, int count) {
      if (shape.rank() == 1) {
        java.util.Arrays.fill(chunk, 0, count, name.endsWith(".bias") ? 0 : 1);
        return;
      }
      float deviation =
          (float) (name.contains("embedding.weight") ? 0.02 : 1 / Math.sqrt((double) shape.elements() / shape.dim(0)));
      int at = random.nextInt(TABLE);
      for (int i = 0; i < count; i++) {
        chunk[i] = deviation * normals[at + i & TABLE - 1];
      }
    }
  }
}
