package dev.langevin.cli;

import java.util.List;
import java.util.Map;

/**
 * Fields of AUTOMATIC1111 and its extensions that change the picture and have no like here, with the values at which
 * they do nothing; fields that stand nowhere are only listed.
 */
final class RecordedVerdicts {

  private static final List<String> OFF = List.of("0", "0.0", "false", "none", "");

  /** Values that do nothing beside {@link #OFF}; the rest of a field's remedy. */
  private record Field(List<String> idle, String remedy) {}

  private static final String NONE = "there is nothing like it here";

  private static final String PICTURE = "give the picture and its mask with --init-image and --mask";

  private static final Map<String, Field> FIELDS = Map.ofEntries(
      // what the reader could not take for the number that it should be
      is("Steps", "give --steps"), is("CFG scale", "give --guidance"), is("Seed", "give --seed"),
      is("Size", "give --size"), is("Clip skip", "give --clip-skip"), is("Denoising strength", "give --strength"),
      // noise
      is("ENSD", NONE), is("Variation seed strength", NONE), is("Seed resize from", NONE, "0x0", "-1x-1"),
      is("Sigma churn", NONE), is("Sigma tmin", NONE), is("Sigma tmax", NONE, "inf"),
      is("Sigma noise", NONE, "1", "1.0"),
      is("Noise multiplier", NONE, "1", "1.0"), is("Extra noise", NONE), is("SGM noise multiplier", NONE),
      // noise levels
      is("Schedule max sigma", NONE), is("Schedule min sigma", NONE), is("Schedule rho", NONE),
      is("Beta schedule alpha", NONE, "0.6"), is("Beta schedule beta", NONE, "0.6"),
      is("Discard penultimate sigma", NONE),
      // networks
      is("Refiner", NONE), is("Hypernet", NONE), is("Token merging ratio", NONE), is("Token merging ratio hr", NONE),
      is("Tiling", NONE), is("VAE Encoder", NONE, "full"), is("VAE Decoder", NONE, "full"),
      is("FP8 weight", NONE, "disable"), is("NGMS", NONE), is("Skip Early CFG", NONE),
      is("Emphasis", "only 'Original' is done here", "original"), is("Image CFG scale", NONE),
      // pictures
      is("Mask blur", PICTURE), is("Mask mode", PICTURE, "inpaint masked"),
      is("Masked content", PICTURE, "original"), is("Inpaint area", PICTURE, "whole picture"),
      is("Conditional mask weight", PICTURE, "1", "1.0"), is("Face restoration", NONE),
      is("Postprocess upscaler", NONE), is("Postprocess upscale by", NONE, "1"),
      // widespread extensions
      is("Dynamic thresholding enabled", NONE), is("ADetailer model", NONE), is("RP Active", NONE),
      is("FreeU Stages", NONE), is("Tiled Diffusion", NONE));

  private RecordedVerdicts() {}

  private static Map.Entry<String, Field> is(String name, String remedy, String... idle) {
    return Map.entry(name, new Field(List.of(idle), remedy));
  }

  /** What to do about a field that changes the picture; null for one that does not, or is not known. */
  static String remedy(String name, String value) {
    if (name.startsWith("ControlNet")) {
      return "give its picture and its network with --control and --controlnet";
    }
    Field field = FIELDS.get(name);
    String small = value.strip().toLowerCase(java.util.Locale.ROOT);
    return field == null || OFF.contains(small) || field.idle.contains(small) ? null : field.remedy;
  }
}
