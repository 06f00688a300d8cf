package dev.langevin.cli;

import dev.langevin.image.PictureTexts;
import dev.langevin.policy.Findings;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedIn;
import dev.langevin.settings.RecordedSettings;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Sets the options of {@code generate} by what a picture records, whichever program has made it. The picture may be a
 * stranger's: its texts are texts, and a file that it names is never opened, but asked for by its option. What it
 * records is honoured, refused by the {@link Findings} where it would change the picture, or listed in one warning.
 */
final class Repeat {

  /** Words of a prompt in which AUTOMATIC1111 names a low-rank update. */
  private static final String LORA = "<lora:";

  private final Path from;
  private final Path modelDir;
  private Path model;
  private final SettableOptions options;
  private final Findings findings;
  private final RecordedSettings recorded;
  private final List<String> unread = new ArrayList<>();
  private final RecordedHires hires;
  private boolean prompted;

  /**
   * @param modelDir where models lie, one of which may have the recorded hash, or null
   * @throws IllegalArgumentException if the picture holds no settings of a known program
   */
  Repeat(Path from, CommandSpec spec, Findings findings, Path modelDir) {
    this.from = from;
    this.modelDir = modelDir;
    this.options = new SettableOptions(spec);
    this.findings = findings;
    PictureTexts texts = PictureTexts.read(from);
    texts.faults().forEach(fault -> findings.leftover(from + ": " + fault + " and is not read"));
    recorded = RecordedIn.settings(texts);
    if (recorded == null) {
      throw new IllegalArgumentException(from + ": holds no parameters; it was not made by 'generate', AUTOMATIC1111,"
          + " ComfyUI, InvokeAI or NovelAI, or was edited since");
    }
    hires = new RecordedHires(recorded);
  }

  /** What it records of its model, or null. */
  String modelHash() {
    return recorded.modelHash();
  }

  /** The model that was found by its hash, or null. */
  Path model() {
    return model;
  }

  /** The prompt; null of a model that reads none. */
  String prompt() {
    String exact = own("prompt");
    String plain = String.join("\n", recorded.prompts());
    return exact != null ? exact : recorded.program() == Program.LANGEVIN && plain.isEmpty() ? null : plain;
  }

  /** Whether it guides away from zeros, not from a text. */
  boolean zeroedNegative() {
    return recorded.zeroedNegative() && !unguided();
  }

  /** The negative prompt; null for none, which some models tell from an empty one. */
  String negative() {
    String exact = own("negative");
    if (exact != null || own("prompt") != null) {
      return exact;
    }
    boolean none = recorded.zeroedNegative() || unguided()
        || recorded.program() != Program.COMFYUI && "".equals(recorded.negative());
    return none ? null : recorded.negative();
  }

  /** Whether it was made without guidance, when negative prompts are not read. */
  private boolean unguided() {
    return recorded.cfg() != null && recorded.cfg() <= 1 && !options.isGiven("--guidance");
  }

  private String own(String field) {
    return recorded.program() == Program.LANGEVIN ? recorded.rest().get(field) : null;
  }

  /**
   * Sets every option that the picture knows of.
   *
   * @param prompted whether a prompt was given, in whose favour the picture's own is left
   */
  void apply(boolean prompted) {
    this.prompted = prompted;
    files();
    set("--steps", recorded.steps());
    set("--guidance", recorded.cfg());
    set("--clip-skip", recorded.clipSkip());
    seed();
    sampler();
    if (recorded.width() != null && recorded.height() != null && (prompted || prompt() != null)) {
      set("--size", recorded.width() + "x" + recorded.height());
    }
    hires.apply(from, options, findings);
    strength();
    conditioning();
    recorded.rest().forEach(this::field);
    recorded.unread().stream().distinct().forEach(part -> changes("depends on " + part + ", which is not understood"));
    tell();
    if (recorded.program() == Program.LANGEVIN) {
      new RecordedMachine(recorded.rest(), options).compare(from, findings);
    }
  }

  private void changes(String what) {
    findings.changes(from + " " + what);
  }

  /** Sets an option to what is recorded, if anything is. */
  private void set(String option, Object value) {
    try {
      options.setIfThere(option, value);
    } catch (IllegalArgumentException e) {
      changes("records what " + option + " does not take, as " + e.getMessage() + "; give " + option);
    }
  }

  /** Files are asked for: a picture's own words are not followed. */
  private void files() {
    if (!options.isGiven("--model") && foundByHash()) {
      Messages.note("the model of " + from + " is " + model);
    } else if (recorded.model() != null) {
      file("--model", recorded.model());
    } else if (recorded.program() != Program.LANGEVIN && !options.isGiven("--model")) {
      changes("does not say which model made it; give one with --model");
    }
    if (recorded.vae() != null && !List.of("none", "automatic").contains(recorded.vae().toLowerCase(Locale.ROOT))) {
      file("--vae", recorded.vae());
    }
    if (!recorded.loras().isEmpty()) {
      file("--lora", recorded.loras().stream().map(lora -> lora.name() + ":" + lora.model()
          + (lora.clip() == lora.model() ? "" : " (text encoder " + lora.clip() + ")"))
          .collect(Collectors.joining(" and ")));
    }
    if (recorded.initImage() != null) {
      file("--init-image", recorded.initImage());
    }
  }

  /** Whether one of the user's models has the recorded hash. */
  private boolean foundByHash() {
    try {
      model = ModelFinder.usual().find(recorded.modelHash(), recorded.model(), modelDir);
      return model != null;
    } catch (IOException e) {
      throw new IllegalArgumentException("--model-dir " + modelDir + " cannot be read: " + e, e);
    }
  }

  private void file(String option, String name) {
    if (!options.isGiven(option)) {
      changes("was made with " + option + " " + name.replace('\n', ' ') + "; say where that lies with " + option
          + ", a picture's own words are not followed");
    }
  }

  private void seed() {
    BigInteger seed = recorded.seed();
    if (seed != null && seed.bitLength() > 64) {
      changes("has the Seed " + seed + ", which has more than 64 bits; give --seed");
    } else if (seed != null) {
      set("--seed", seed.longValue());
    }
  }

  private void sampler() {
    if (recorded.sampler() == null || options.isGiven("--sampler")) {
      return;
    }
    Map<String, Object> names = RecordedSamplers.options(recorded, options.value("--compat"));
    if (names == null) {
      changes("was sampled with " + RecordedSamplers.words(recorded) + ", which is not among the samplers here; give"
          + " another with --sampler");
    } else {
      names.forEach(this::set);
    }
  }

  private void strength() {
    Double strength = recorded.denoise();
    if (strength == null || hires.isThere()) {
      return; // of the second pass
    }
    if (options.isGiven("--init-image")) {
      set("--strength", strength);
    } else if (strength != 1 && recorded.initImage() == null && !recorded.rest().containsKey("init-image")) {
      changes("was made from another picture (Denoising strength: " + strength + "); give that with --init-image");
    }
  }

  private void conditioning() {
    if (!prompted && prompt() != null) {
      prompts();
    }
    if (recorded.stages().size() > 1) {
      changes("was made by " + recorded.stages().size() + " samplers one after another, which there is not here; the"
          + " first alone makes another picture");
    }
    if (unguided() && recorded.program() != Program.LANGEVIN && recorded.negative() != null
        && !recorded.negative().isEmpty()) {
      unread.add("negative prompt, as there is no guidance");
    }
    if (recorded.guidance() != null) {
      unread.add("guidance " + recorded.guidance());
    }
  }

  private void prompts() {
    if (recorded.prompts().isEmpty()) {
      changes("does not say its prompt in a way that can be followed; give PROMPT");
    } else if (recorded.prompts().size() > 1) {
      changes("joins " + recorded.prompts().size() + " prompts, which there is not here; give one as PROMPT");
    }
    if (prompt().contains(LORA) && recorded.program() == Program.A1111 && !options.has("--lora-dir")) {
      changes("names low-rank updates in its prompt, such as " + prompt().substring(prompt().indexOf(LORA))
          .replaceAll("(?s)>.*", ">") + "; give them with --lora and the prompt without them");
    }
    if (recorded.program() == Program.COMFYUI && options.has("--prompt-syntax")) {
      set("--prompt-syntax", "comfy");
      return;
    }
    String differs = PromptDialects.difference(recorded.program(), prompt() + "\n" + negative());
    if (differs != null && !options.isGiven("--plain-prompt")) {
      changes(differs);
    }
  }

  private void field(String name, String value) {
    boolean ours = recorded.program() == Program.LANGEVIN;
    OptionSpec option = ours || recorded.program() == Program.A1111 ? options.named(name) : null;
    if (option != null && SettableOptions.namesFile(option)) {
      file(option.longestName(), value);
    } else if (ours && option != null) {
      set(option.longestName(), value);
    } else if (ours && RecordedMachine.FIELDS.contains(name)
        || hires.isThere() && RecordedHires.isField(name)) {
      return; // told of apart
    } else if (name.equals("Eta") && recorded.program() == Program.A1111) {
      eta(value);
    } else if (name.equals("Emphasis") && options.has("--emphasis") && recorded.program() == Program.A1111) {
      set("--emphasis", value);
    } else {
      String remedy = recorded.program() == Program.A1111 ? RecordedVerdicts.remedy(name, value) : null;
      if (remedy != null) {
        changes("was made with " + name + ": " + value + "; " + remedy);
      } else if (!name.equals("Version")) {
        unread.add(name);
      }
    }
  }

  /** Noise of DDIM; other samplers have all of theirs. */
  private void eta(String value) {
    String sampler = String.valueOf(recorded.sampler()).toLowerCase(Locale.ROOT);
    boolean ddim = sampler.startsWith("ddim") || sampler.equals("tcd");
    if (ddim && value.matches("0*\\.?\\d+")) {
      set("--eta", value);
    } else if (ddim || !value.matches("1(\\.0*)?|0(\\.0*)?")) {
      changes("was made with Eta: " + value + ", which --sampler " + recorded.sampler() + " does not take; leave it"
          + " with --lenient");
    }
  }

  /** Says once where it comes from, what it does not say, and what of it was not read. */
  private void tell() {
    if (recorded.program() == Program.LANGEVIN && unread.isEmpty()) {
      return;
    }
    StringBuilder origin = new StringBuilder(from + " was made by " + maker());
    if (recorded.model() != null) {
      origin.append(" with the model ").append(recorded.model())
          .append(recorded.modelHash() == null ? "" : " [" + recorded.modelHash() + "]");
    }
    if (recorded.program() != Program.LANGEVIN) {
      origin.append("; noise is drawn otherwise here, so the picture is alike in settings alone");
    }
    List<String> unsaid = unsaid();
    if (!unsaid.isEmpty()) {
      origin.append("; what it does not say is as usual here: ").append(String.join(", ", unsaid));
    }
    if (unread.isEmpty()) {
      Messages.warn(origin.toString());
    } else {
      findings.leftover(origin + "; not read are its fields " + String.join(", ", unread));
    }
  }

  private String maker() {
    String version = recorded.rest().getOrDefault("Version", "");
    return recorded.program() != Program.A1111 ? recorded.program().title()
        : version.isEmpty() ? "a program that writes settings as AUTOMATIC1111 does"
        : version.matches("v?\\d.*") ? "AUTOMATIC1111 " + version : version;
  }

  private List<String> unsaid() {
    List<String> unsaid = new ArrayList<>();
    if (recorded.steps() == null) {
      unsaid.add("steps");
    }
    if (recorded.sampler() == null) {
      unsaid.add("sampler");
    }
    if (recorded.cfg() == null) {
      unsaid.add("guidance");
    }
    if (recorded.seed() == null) {
      unsaid.add("seed");
    }
    if ((recorded.width() == null || recorded.height() == null) && recorded.initImage() == null) {
      unsaid.add("size");
    }
    return unsaid;
  }
}
