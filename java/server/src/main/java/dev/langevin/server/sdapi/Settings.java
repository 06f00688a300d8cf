package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.text.Emphasis;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The web UI's settings that mean something here: {@code /options} and a request's {@code override_settings}.
 * Immutable.
 *
 * @param model the name, title or hash that a client gave, or null for the server's usual one
 * @param vae a name, or {@code Automatic} for the model's own
 * @param clipSkip the text encoder's layer from the end, 1 the last
 * @param emphasis what weights in prompts do
 * @param format of pictures in answers
 * @param quality of JPEG and WebP, 1 to 100
 * @param writesParameters whether pictures say how they were made
 * @param previews whether {@code /progress} shows what is being made
 */
record Settings(String model, String vae, int clipSkip, Emphasis emphasis, PictureFormat format, int quality,
    boolean writesParameters, boolean previews) {

  static final String AUTOMATIC = "Automatic";

  static final Settings USUAL =
      new Settings(null, AUTOMATIC, 1, Emphasis.ORIGINAL, PictureFormat.PNG, 80, true, true);

  static final int MOST_CLIP_SKIP = 12;

  private static final String MODEL = "sd_model_checkpoint";
  private static final String VAE = "sd_vae";
  private static final String CLIP_SKIP = "CLIP_stop_at_last_layers";
  private static final String EMPHASIS = "emphasis";
  private static final String FORMAT = "samples_format";
  private static final String QUALITY = "jpeg_quality";
  private static final String PARAMETERS = "enable_pnginfo";
  private static final String PREVIEWS = "live_previews_enable";

  /** Settings that have one value here; another is refused. */
  private static final Map<String, Object> FIXED = new LinkedHashMap<>();

  static {
    FIXED.put("randn_source", "CPU");
    FIXED.put("eta_noise_seed_delta", 0);
    FIXED.put("eta_ancestral", 1);
    FIXED.put("eta_ddim", 0);
    FIXED.put("s_churn", 0);
    FIXED.put("s_tmin", 0);
    FIXED.put("s_noise", 1);
    FIXED.put("s_min_uncond", 0);
    FIXED.put("sigma_min", 0);
    FIXED.put("sigma_max", 0);
    FIXED.put("rho", 0);
    FIXED.put("token_merging_ratio", 0);
    FIXED.put("token_merging_ratio_hr", 0);
    FIXED.put("token_merging_ratio_img2img", 0);
    FIXED.put("sd_hypernetwork", "None");
    FIXED.put("sd_unet", AUTOMATIC);
    FIXED.put("sd_vae_encode_method", "Full");
    FIXED.put("sd_vae_decode_method", "Full");
    FIXED.put("sd_noise_schedule", "Default");
    FIXED.put("fp8_storage", "Disable");
    FIXED.put("face_restoration", false);
    FIXED.put("tiling", false);
    FIXED.put("return_grid", false);
    FIXED.put("return_mask", false);
    FIXED.put("return_mask_composite", false);
    FIXED.put("img2img_color_correction", false);
    FIXED.put("img2img_fix_steps", false);
    FIXED.put("initial_noise_multiplier", 1);
    FIXED.put("inpainting_mask_weight", 1);
    FIXED.put("use_old_emphasis_implementation", false);
    FIXED.put("use_old_karras_scheduler_sigmas", false);
    FIXED.put("use_old_scheduling", false);
    FIXED.put("always_discard_next_to_last_sigma", false);
    FIXED.put("sgm_noise_multiplier", false);
    FIXED.put("comma_padding_backtrack", 20);
    FIXED.put("skip_early_cond", 0);
  }

  /**
   * What {@code GET /options} says.
   *
   * @param title of the model that is used
   */
  Map<String, Object> listed(String title, String hash) {
    Map<String, Object> listed = new LinkedHashMap<>();
    listed.put(MODEL, title);
    listed.put("sd_checkpoint_hash", hash);
    listed.put(VAE, vae);
    listed.put(CLIP_SKIP, clipSkip);
    listed.put(EMPHASIS, words(emphasis));
    listed.put(FORMAT, format.name().toLowerCase(Locale.ROOT));
    listed.put(QUALITY, quality);
    listed.put(PARAMETERS, writesParameters);
    listed.put(PREVIEWS, previews);
    listed.putAll(FIXED);
    return listed;
  }

  /**
   * These with others on top.
   *
   * @param warnings told of settings that are not known
   * @throws Fault naming a setting whose value cannot be
   */
  Settings with(Fields changed, List<String> warnings) {
    String namedModel = changed.text(MODEL, model);
    String namedVae = changed.text(VAE, vae);
    int layer = changed.whole(CLIP_SKIP, clipSkip, 0, MOST_CLIP_SKIP);
    Settings settings =
        new Settings(namedModel, namedVae.isBlank() || namedVae.equalsIgnoreCase("None") ? AUTOMATIC : namedVae,
            Math.max(1, layer), emphasis(changed), format(changed), changed.whole(QUALITY, quality, 1, 100),
            changed.flag(PARAMETERS, writesParameters), changed.flag(PREVIEWS, previews));
    for (Map.Entry<String, Object> fixed : FIXED.entrySet()) {
      if (changed.has(fixed.getKey()) && !isSame(changed, fixed.getKey(), fixed.getValue())) {
        changed.wrong(fixed.getKey(), changed.get(fixed.getKey()), fixed.getValue()
            + ", the only value that this server has; leave it away");
      }
    }
    changed.unread().forEach(name -> warnings.add(name + " is no setting of this server and was not read"));
    return settings;
  }

  private static boolean isSame(Fields changed, String name, Object only) {
    JsonNode value = changed.get(name);
    return switch (only) {
      case Integer number -> changed.number(name, null, -Double.MAX_VALUE, Double.MAX_VALUE) == (double) number;
      case Boolean flag -> changed.flag(name, flag) == flag;
      default ->
          value.asText().equalsIgnoreCase(only.toString()) || name.equals("sd_unet") && value.asText().equals("None");
    };
  }

  private Emphasis emphasis(Fields changed) {
    String name = changed.text(EMPHASIS, words(emphasis));
    for (Emphasis each : Emphasis.values()) {
      if (words(each).equalsIgnoreCase(name)) {
        return each;
      }
    }
    return changed.wrong(EMPHASIS, changed.get(EMPHASIS), "Original, No norm, Ignore or None");
  }

  private static String words(Emphasis emphasis) {
    String words = emphasis.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }

  private PictureFormat format(Fields changed) {
    String name = changed.text(FORMAT, format.name()).toLowerCase(Locale.ROOT);
    PictureFormat found = switch (name) {
      case "png" -> PictureFormat.PNG;
      case "jpg", "jpeg" -> PictureFormat.JPEG;
      case "webp" -> PictureFormat.WEBP;
      default -> changed.wrong(FORMAT, changed.get(FORMAT), "png, jpg or webp");
    };
    return found.canWrite() ? found : changed.wrong(FORMAT, changed.get(FORMAT), "png or jpg");
  }
}
