package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Fields of the web UI's calls that have one value here, or no effect. */
final class OtherFields {

  /** What another value is refused with. */
  private record Only(double least, double most, String remedy) {}

  private static final Map<String, Only> ONLY = new LinkedHashMap<>();

  static {
    ONLY.put("subseed_strength", new Only(0, 0, "there are no variation seeds here; give 0"));
    ONLY.put("seed_resize_from_w", new Only(-1, 0, "noise is of the picture's own size here; give 0"));
    ONLY.put("seed_resize_from_h", new Only(-1, 0, "noise is of the picture's own size here; give 0"));
    ONLY.put("restore_faces", new Only(0, 0, "there is no face restorer here; give false"));
    ONLY.put("tiling", new Only(0, 0, "there are no pictures that continue at their edges here; give false"));
    ONLY.put("s_churn", new Only(0, 0, "samplers add no noise of their own here; give 0"));
    ONLY.put("s_noise", new Only(1, 1, "samplers' noise has its usual strength here; give 1"));
    ONLY.put("s_min_uncond", new Only(0, 0, "guidance holds for all steps here; give 0"));
    ONLY.put("token_merging_ratio", new Only(0, 0, "tokens are not merged here; give 0"));
    ONLY.put("token_merging_ratio_hr", new Only(0, 0, "tokens are not merged here; give 0"));
    ONLY.put("initial_noise_multiplier", new Only(1, 1, "noise has its usual strength here; give 1"));
  }

  /** Names of things that are not here; no value, an empty one and {@code None} are well. */
  private static final Map<String, String> NOTHING = Map.of("script_name", "scripts of the web UI do not run here",
      "refiner_checkpoint", "there is no refiner beside the model here", "firstpass_image",
      "a first pass is made here", "latent_mask", "masks are of the picture's pixels here", "infotext",
      "settings are read from their fields here");

  /**
   * Of noise that {@code s_churn} 0 does not add, of files that the server does not keep, of models that read a picture
   * beside the text, of the web UI's queue and of its comments.
   */
  private static final List<String> WITHOUT_EFFECT = List.of("s_tmin", "s_tmax", "subseed", "seed_enable_extras",
      "save_images", "do_not_save_samples", "do_not_save_grid", "script_args", "refiner_switch_at", "image_cfg_scale",
      "force_task_id", "comments", "use_deprecated_controlnet", "do_not_reload_embeddings");

  private OtherFields() {}

  /** @throws Fault naming the first that asks for what is not here */
  static void refuse(Fields fields) {
    ONLY.forEach((name, only) -> {
      Double value = fields.has(name) ? number(fields, name) : null;
      if (value != null && (value < only.least || value > only.most)) {
        throw Refusal.of(name + " is " + fields.get(name).asText() + ", but " + only.remedy);
      }
    });
    NOTHING.forEach((name, reason) -> {
      JsonNode value = fields.get(name);
      if (!value.isMissingNode() && !value.asText().isEmpty() && !value.asText().equalsIgnoreCase("none")) {
        throw Refusal.of(name + " is given, but " + reason + "; leave it away");
      }
      if (value.isContainerNode()) {
        fields.wrong(name, value, "left away, as " + reason);
      }
    });
    WITHOUT_EFFECT.forEach(fields::get);
  }

  private static Double number(Fields fields, String name) {
    return fields.get(name).isBoolean() || fields.get(name).asText().matches("(?i)true|false")
        ? Double.valueOf(fields.flag(name, false) ? 1 : 0)
        : fields.number(name, null, -Double.MAX_VALUE, Double.MAX_VALUE);
  }
}
