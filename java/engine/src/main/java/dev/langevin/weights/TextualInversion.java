package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A learned token (Gal et al., arXiv:2208.01618): embeddings that a prompt calls by a name. Reads diffusers' files,
 * where the name is the tensor's, web UIs', and SDXL's with a tensor for each text encoder.
 */
public final class TextualInversion {

  /** What web UIs call the tensor. */
  private static final String UNNAMED = "emb_params";

  /** Of the original code's files, before a placeholder that is {@code *} or of the trainer's choice. */
  private static final String IN_DICT = "string_to_param.";

  private TextualInversion() {}

  /**
   * Reads a file.
   *
   * @param token the name, or null for the file's own, or its file name where it has none
   * @return by component, the token and its vectors (count, width), copied
   * @throws WeightsException if the file is missing, malformed or of another kind
   */
  public static Map<String, Map<String, Tensor>> read(Path path, String token) {
    String stem = fileName(path);
    Map<String, Map<String, Tensor>> found = new LinkedHashMap<>();
    try (WeightFile file = WeightFile.open(path)) {
      List<String> several = file.names().stream().filter(name -> name.matches("<.*>")).toList();
      if (several.size() > 1) { // a tensor each
        if (token != null) {
          throw new WeightsException(path + ": holds the tokens " + several + ", which one name, '" + token
              + "', cannot stand for; leave it away");
        }
        several.forEach(name -> found.computeIfAbsent("text_encoder", c -> new LinkedHashMap<>())
            .put(name, vectors(path, name, file.tensor(name))));
        return found;
      }
      for (String name : file.names()) {
        boolean unnamed = name.equals(UNNAMED) || name.startsWith(IN_DICT);
        String component = name.equals("clip_g") ? "text_encoder_2" : "text_encoder";
        if (!unnamed && !name.equals("clip_g") && !name.equals("clip_l") && file.names().size() > 1) {
          continue; // a trainer's own notes
        }
        String own = name.startsWith(IN_DICT) ? name.substring(IN_DICT.length()) : name;
        boolean nameless = name.equals(UNNAMED) || own.equals("*") || name.startsWith("clip_");
        String called = token != null ? token : nameless ? stem : own;
        found.computeIfAbsent(component, c -> new LinkedHashMap<>()).put(called,
            vectors(path, name, file.tensor(name)));
      }
    }
    if (found.isEmpty()) {
      throw new WeightsException(
          path + ": holds no learned token: neither one tensor alone, nor " + UNNAMED + ", nor clip_l and clip_g");
    }
    return found;
  }

  /** What web UIs call a token: its file's name without the ending. */
  public static String fileName(Path path) {
    String name = path.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /** @return (count, width) f32, copied */
  static Tensor vectors(Path path, String name, Tensor tensor) {
    int rank = tensor.shape().rank();
    if (rank < 1 || rank > 2 || !tensor.encoding().isFloatingPoint() || tensor.shape().elements() == 0) {
      throw new WeightsException(path + ": the tensor '" + name + "' is " + tensor.encoding().name() + tensor.shape()
          + ", a learned token's must be (width) or (count, width)");
    }
    return Tensor.ofFloats(tensor.toFloats(), rank == 1 ? 1 : tensor.shape().dim(0), tensor.shape().dim(-1));
  }
}
