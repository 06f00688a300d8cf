package dev.langevin.settings;

import dev.langevin.settings.RecordedSettings.Draft;
import java.math.BigInteger;
import java.util.Map;
import java.util.function.Function;

/** The settings that an {@link Infotext} says, of its own words and not of the web UI's defaults. */
final class InfotextSettings {

  /** How our own texts' {@code Version} begins. */
  static final String OURS = "langevin ";

  private InfotextSettings() {}

  static RecordedSettings of(Infotext text) {
    boolean ours = text.pairs().getOrDefault("Version", "").startsWith(OURS);
    Draft draft = new Draft(ours ? Program.LANGEVIN : Program.A1111);
    Map<String, Object> fields = text.fields();
    draft.prompts.add((String) fields.get("Prompt"));
    draft.negative = text.negative();
    draft.rest.putAll(text.pairs());
    draft.steps = take(draft, "Steps", Integer::valueOf);
    draft.cfg = take(draft, "CFG scale", InfotextSettings::finite);
    draft.seed = take(draft, "Seed", BigInteger::new);
    draft.sampler = draft.rest.remove("Sampler");
    draft.schedule = draft.rest.remove("Schedule type");
    draft.denoise = take(draft, "Denoising strength", InfotextSettings::finite);
    draft.clipSkip = take(draft, "Clip skip", Integer::valueOf);
    draft.model = draft.rest.remove("Model");
    draft.modelHash = draft.rest.remove("Model hash");
    draft.vae = draft.rest.remove("VAE");
    draft.width = number(fields.get("Size-1"));
    draft.height = number(fields.get("Size-2"));
    if (draft.width != null && draft.height != null) {
      draft.rest.remove("Size");
    }
    if (draft.rest.remove("First pass size") != null && number(fields.get("Hires resize-1")) != null) {
      draft.rest.put("Hires resize", fields.get("Hires resize-1") + "x" + fields.get("Hires resize-2"));
    }
    return draft.finish();
  }

  /** A field's value, which stays among the rest where it is none. */
  private static <T> T take(Draft draft, String field, Function<String, T> reader) {
    String value = draft.rest.get(field);
    if (value == null) {
      return null;
    }
    try {
      T read = reader.apply(value.strip());
      draft.rest.remove(field);
      return read;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static Double finite(String text) {
    if (!text.matches("[-+.\\deE]{1,40}")) { // Java would take 1f and 0x1p3, too
      throw new NumberFormatException(text);
    }
    return Double.valueOf(text);
  }

  private static Integer number(Object value) {
    try {
      return value instanceof Integer whole ? whole : value instanceof String text ? Integer.valueOf(text) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
