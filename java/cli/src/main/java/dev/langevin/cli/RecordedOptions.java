package dev.langevin.cli;

import dev.langevin.image.GenerationParameters;
import dev.langevin.image.PngText;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import java.nio.file.Path;
import java.util.Arrays;
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

  /** Options that do not change the picture, or stand elsewhere. */
  private static final List<String> APART =
      List.of("--negative", "--count", "--out", "--grid", "--strip", "--from", "--debug", "--help", "--version",
          "--max-memory", "--class",
          "--prompts", "--weight-cache", "--weight-cache-limit",
          "--allow-nan", "--strict", "--lenient");

  private static final char SEPARATOR = '\n';

  private RecordedOptions() {}

  /** The text for picture k; {@code model} is null for the embedded one. */
  static String text(CommandSpec command, Generation made, int k, String sampler, Path model) {
    GenerationRequest request = made.request();
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Steps", Integer.toString(request.steps()));
    fields.put("Sampler", GenerationParameters.samplerLabel(sampler));
    if (request.schedule() != null) {
      fields.put("Schedule type", request.schedule());
    }
    if (request.guidance() != null) {
      fields.put("CFG scale", number(request.guidance()));
    }
    fields.put("Seed", Long.toString(made.seed(k)));
    fields.put("Size", made.pictures().shape().dim(3) + "x" + made.pictures().shape().dim(2));
    if (model != null) {
      fields.put("Model", name(model.toString()));
    }
    if (request.strength() != null) {
      fields.put("Denoising strength", number(request.strength()));
    }
    if (request.clipSkip() > 0) {
      fields.put("Clip skip", Integer.toString(request.clipSkip() + 1));
    }
    for (OptionSpec option : command.options()) {
      String name = option.longestName();
      if (FIELDS.containsKey(name) || APART.contains(name) || option.getValue() == null) {
        continue;
      }
      String value = option.isMultiValue()
          ? ((List<?>) option.getValue()).stream()
              .map(each -> namesFile(option) ? name(each.toString()) : each.toString())
              .collect(Collectors.joining(String.valueOf(SEPARATOR)))
          : namesFile(option) ? name(option.getValue().toString()) : option.getValue().toString();
      if (!value.isEmpty() && !value.equals("false") && !value.equals(option.defaultValue())) {
        fields.put(name.substring(2), value);
      }
    }
    return new GenerationParameters(
        request.prompts().getFirst(), String.join("\n", request.negativePrompts()), fields).format();
  }

  /** Whether an option's values are files, or begin with one. */
  private static boolean namesFile(OptionSpec option) {
    return option.type() == Path.class || option.auxiliaryTypes()[0] == Path.class
        || List.of("--lora", "--embedding").contains(option.longestName());
  }

  /** A file without its folders, which say who and where a person is. */
  private static String name(String place) {
    return String.valueOf(Path.of(place).toAbsolutePath().normalize().getFileName());
  }

  /**
   * Options of files that a picture was made with. A picture may come from a stranger, so its files' names are never
   * opened: they are given again by whoever repeats it.
   */
  static Map<String, String> files(GenerationParameters recorded, CommandSpec command) {
    Map<String, String> files = new LinkedHashMap<>();
    recorded.fields().forEach((field, value) -> {
      OptionSpec option = command.findOption(field.equals("Model") ? "--model" : "--" + field);
      if (option != null && namesFile(option) && !APART.contains(option.longestName())) {
        files.put(option.longestName(), value.replace(SEPARATOR, ' '));
      }
    });
    return files;
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /**
   * Arguments that make a picture again, by their options; its texts and {@link #files} are not among them. A value is
   * joined to its option, so that it is never taken for another.
   */
  static Map<String, List<String>> arguments(GenerationParameters recorded, CommandSpec command) {
    Map<String, List<String>> arguments = new LinkedHashMap<>();
    FIELDS.forEach((option, field) -> {
      String value = field.equals("Sampler") ? sampler(recorded) : recorded.fields().get(field);
      if (value != null && !namesFile(command.findOption(option))) {
        arguments.put(option, List.of(option + "=" + value));
      }
    });
    recorded.fields().forEach((field, value) -> {
      OptionSpec option = command.findOption("--" + field);
      if (option != null && !APART.contains(option.longestName()) && !namesFile(option)) {
        String name = option.longestName();
        List<String> values =
            option.isMultiValue() ? Arrays.asList(value.split(String.valueOf(SEPARATOR))) : List.of(value);
        arguments.put(name,
            option.arity().max() == 0 ? List.of(name) : values.stream().map(each -> name + "=" + each).toList());
      }
    });
    return arguments;
  }

  /** The sampler alone: its schedule is an option of its own. */
  private static String sampler(GenerationParameters recorded) {
    Map<String, String> fields = new LinkedHashMap<>(recorded.fields());
    fields.remove("Schedule type");
    return new GenerationParameters("", "", fields).sampler();
  }

  /** @throws IllegalArgumentException if the picture holds none */
  static GenerationParameters read(Path picture) {
    String text = PngText.read(picture).get(GenerationParameters.KEYWORD);
    if (text == null) {
      throw new IllegalArgumentException(
          picture + ": holds no parameters; it was not made by 'generate' or a web UI, or was edited since");
    }
    return GenerationParameters.parse(text);
  }
}
