package dev.langevin.weights;

import dev.langevin.policy.Findings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An autoencoder alone in a file with the names of the original code, as web UIs take it, or within a whole checkpoint;
 * seen as diffusers has it. Owned by whoever opened it; tensors live until {@link #close}; any thread may read them.
 */
public final class AutoencoderFile implements AutoCloseable {

  /** What its training leaves. */
  private static final Pattern LEFT = Pattern.compile("(loss|model_ema)\\..*|scale_factor|global_step");

  private final WeightFile file;
  private final Map<String, Object> config;
  private final RenamedTensors weights;

  private AutoencoderFile(WeightFile file, Map<String, Object> habits, Findings findings) {
    this.file = file;
    boolean within = file.names().stream().anyMatch(name -> name.startsWith(SingleFileCheckpoint.VAE_PREFIX));
    String prefix = within ? SingleFileCheckpoint.VAE_PREFIX : "";
    Section section = new Section(file, prefix);
    if (!section.has("encoder.mid.block_1") || !section.has("decoder.mid.block_1")) {
      throw new WeightsException(file.origin() + (section.has("decoder.mid_block")
          ? ": is an autoencoder with diffusers' names; give its folder, which has a config.json"
          : ": holds no autoencoder with the names of the original code"));
    }
    OriginalVae vae = new OriginalVae(section);
    this.config = vae.config(habits);
    this.weights = new RenamedTensors(file, "vae");
    KeyTable table = vae.table();
    List<String> left = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (String name : file.names()) {
      if (name.startsWith(prefix)) {
        String own = name.substring(prefix.length());
        List<KeyTable.Target> targets = table.targets(own);
        if (targets != null) {
          targets.forEach(target -> weights.add(name, target));
        } else {
          (LEFT.matcher(own).matches() ? left : unknown).add(name);
        }
      }
    }
    if (!unknown.isEmpty()) {
      findings.changes(file.origin() + ": " + unknown.size() + " tensors have no place in an autoencoder, such as "
          + unknown.subList(0, Math.min(10, unknown.size())) + "; is it of another kind?");
    }
    if (!left.isEmpty()) {
      findings.leftover(file.origin() + ": " + left.size()
          + " tensors are no part of an autoencoder and are left out, as training leaves them: " + left.getFirst()
          + (left.size() > 1 ? ", ..." : ""));
    }
  }

  /**
   * Opens a file.
   *
   * @param habits what the tensors do not tell, by the names of config.json: norm_num_groups, sample_size,
   *   scaling_factor
   * @param findings told of what the file holds beyond it
   * @throws WeightsException if the file is missing, malformed, or holds no autoencoder
   */
  public static AutoencoderFile open(Path path, Map<String, Object> habits, Findings findings) {
    WeightFile file = WeightFile.open(path);
    try {
      return new AutoencoderFile(file, habits, findings);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** As its config.json in a diffusers folder. */
  public Map<String, Object> config() {
    return Collections.unmodifiableMap(config);
  }

  /** Weights by diffusers' names. */
  public NamedTensors weights() {
    return weights;
  }

  @Override
  public void close() {
    file.close();
  }
}
