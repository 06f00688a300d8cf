package dev.langevin.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A model of Karlo's layout that grows run by run: CLIP, the prior, the decoder, the networks that enlarge. Each run
 * takes over what there is and adds its own; with the last the folder is a whole model. The encoder of pictures, which
 * diffusers' pipeline does not know, lies beside what the index lists.
 */
final class UnClipFolder {

  private static final String DIFFUSERS = "diffusers";
  private static final String TRANSFORMERS = "transformers";

  /** Library and class of each component; null for the folders that the index leaves out. */
  private static final Map<String, List<String>> COMPONENTS = new LinkedHashMap<>();

  static {
    COMPONENTS.put("text_encoder", List.of(TRANSFORMERS, "CLIPTextModelWithProjection"));
    COMPONENTS.put("tokenizer", List.of(TRANSFORMERS, "CLIPTokenizer"));
    COMPONENTS.put("image_encoder", null);
    COMPONENTS.put("feature_extractor", null);
    COMPONENTS.put("prior", List.of(DIFFUSERS, "PriorTransformer"));
    COMPONENTS.put("prior_scheduler", List.of(DIFFUSERS, "UnCLIPScheduler"));
    COMPONENTS.put("text_proj", List.of("unclip", "UnCLIPTextProjModel"));
    COMPONENTS.put("decoder", List.of(DIFFUSERS, "UNet2DConditionModel"));
    COMPONENTS.put("decoder_scheduler", List.of(DIFFUSERS, "UnCLIPScheduler"));
    COMPONENTS.put("super_res_first", List.of(DIFFUSERS, "UNet2DModel"));
    COMPONENTS.put("super_res_last", List.of(DIFFUSERS, "UNet2DModel"));
    COMPONENTS.put("super_res_scheduler", List.of(DIFFUSERS, "UnCLIPScheduler"));
  }

  private UnClipFolder() {}

  /** A writer into {@code root}, with the components of {@code parts}, which may be null or {@code root} itself. */
  static ModelFolderWriter of(Path root, Path parts) {
    ModelFolderWriter writer = new ModelFolderWriter(root, "UnCLIPPipeline");
    COMPONENTS.forEach((name, names) -> {
      if (parts != null && Files.isDirectory(parts.resolve(name))) {
        if (!parts.equals(root)) {
          ModelFolderWriter.copy(parts.resolve(name), root.resolve(name), files(parts.resolve(name)));
        }
        if (names != null) {
          writer.component(name, names.getFirst(), names.getLast());
        }
      }
    });
    return writer;
  }

  /** Whether pictures can be made of texts with it. */
  static boolean complete(Path root) {
    return COMPONENTS.entrySet().stream()
        .allMatch(e -> e.getValue() == null || Files.isDirectory(root.resolve(e.getKey())));
  }

  private static List<String> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new TrainingException(folder + ": cannot be read: " + e, e);
    }
  }
}
