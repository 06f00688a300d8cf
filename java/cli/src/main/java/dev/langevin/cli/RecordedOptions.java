package dev.langevin.cli;

import dev.langevin.image.GenerationParameters;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.settings.Infotext;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What {@code generate} was asked, as it stands in a picture: web UIs' fields under their names, and the command's
 * other options under their own.
 */
final class RecordedOptions {

  /** Options by the field that web UIs have for them; those that are computed are written apart. */
  private static final Map<String, String> FIELDS = Map.of("--model", "Model", "--steps", "Steps", "--sampler",
      "Sampler", "--schedule", "Schedule type", "--guidance",
      "CFG scale", "--seed", "Seed", "--size", "Size", "--strength", "Denoising strength", "--clip-skip", "Clip skip");

  private RecordedOptions() {}

  /** The text for picture k; {@code sampler} is null where there is none, {@code model} for the embedded one. */
  static String text(CommandSpec command, Generation made, int k, String sampler, Path model, String modelHash) {
    GenerationRequest request = made.request();
    Map<String, String> fields = usual(made, k, sampler, modelHash, model == null ? null : name(model.toString()));
    HiresOptions.record(request.hires(), command, fields);
    Object clipSkip = command.findOption("--clip-skip").getValue(); // the request counts from the model's usual layer
    if (clipSkip != null) {
      fields.put("Clip skip", clipSkip.toString());
    }
    for (OptionSpec option : command.options()) {
      String name = option.longestName();
      if (FIELDS.containsKey(name) || SettableOptions.APART.contains(name) || option.getValue() == null) {
        continue;
      }
      String value = option.isMultiValue()
          ? ((List<?>) option.getValue()).stream()
              .map(each -> SettableOptions.namesFile(option) ? name(each.toString()) : each.toString())
              .collect(Collectors.joining(SettableOptions.SEPARATOR))
          : SettableOptions.namesFile(option) ? name(option.getValue().toString()) : option.getValue().toString();
      if (!value.isEmpty() && !value.equals("false") && !value.equals(option.defaultValue())) {
        fields.put(name.substring(2), value);
      }
    }
    fields.putAll(RecordedMachine.fields(command.findOption("--device").getValue(),
        command.findOption("--precision").getValue()));
    return format(request, fields);
  }

  /** The text of a request's prompts and these fields. */
  static String format(GenerationRequest request, Map<String, String> fields) {
    return format(request.prompts().isEmpty() ? null : request.prompts().getFirst(),
        request.negativePrompts().isEmpty() ? null : String.join("\n", request.negativePrompts()), fields);
  }

  /** What every picture records, under the web UIs' names; of what is null nothing is said. */
  static Map<String, String> usual(Generation made, int k, String sampler, String modelHash, String model) {
    GenerationRequest request = made.request();
    Map<String, String> fields = new LinkedHashMap<>();
    if (request.steps() != null) {
      fields.put("Steps", Integer.toString(request.steps()));
    }
    if (sampler != null) {
      fields.put("Sampler", GenerationParameters.samplerLabel(sampler));
    }
    if (request.schedule() != null) {
      fields.put("Schedule type", request.schedule());
    }
    if (request.guidance() != null) {
      fields.put("CFG scale", number(request.guidance()));
    }
    fields.put("Seed", Long.toString(made.seed(k)));
    fields.put("Size", request.hires() != null ? request.width() + "x" + request.height()
        : made.pictures().shape().dim(3) + "x" + made.pictures().shape().dim(2));
    if (modelHash != null) {
      fields.put("Model hash", modelHash);
    }
    if (model != null) {
      fields.put("Model", model);
    }
    if (request.strength() != null) {
      fields.put("Denoising strength", number(request.strength()));
    }
    return fields;
  }

  /**
   * What the form of the text cannot hold, such as spaces at the ends of lines, stands in fields of its own.
   *
   * @param prompt or null for none, as {@code negative}; some models tell none from an empty one
   */
  static String format(String prompt, String negative, Map<String, String> fields) {
    String plain = prompt == null ? "" : prompt;
    String away = negative == null ? "" : negative;
    Infotext read = Infotext.parse(new GenerationParameters(plain, away, fields).format());
    Map<String, String> all = new LinkedHashMap<>(fields);
    boolean whole = read.prompt().equals(plain) && read.negative().equals(away);
    if (!whole || plain.isEmpty() && prompt != null) {
      all.put("prompt", plain);
    }
    if (negative != null && (!whole || away.isEmpty() || all.containsKey("prompt"))) {
      all.put("negative", away);
    }
    return new GenerationParameters(plain, away, all).format();
  }

  /** A file without its folders, which say who and where a person is. */
  private static String name(String place) {
    String hub = HubPaths.name(Path.of(place));
    return hub != null ? hub : String.valueOf(Path.of(place).toAbsolutePath().normalize().getFileName());
  }

  /** Whole numbers without a point; all read back as they were. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15 && Double.compare(value, -0.0) != 0
        ? Long.toString((long) value) : Double.toString(value);
  }
}
