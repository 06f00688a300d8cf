package dev.langevin.cli;

import dev.langevin.image.GenerationParameters;
import dev.langevin.image.PngText;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
      "Sampler", "--guidance",
      "CFG scale", "--seed", "Seed", "--size", "Size", "--strength", "Denoising strength", "--clip-skip", "Clip skip");

  /** Options that do not change the picture, or stand elsewhere. */
  private static final List<String> APART =
      List.of("--negative", "--count", "--out", "--grid", "--strip", "--from", "--debug", "--help", "--version",
          "--max-memory", "--class",
          "--prompts", "--weight-cache", "--weight-cache-limit",
          "--allow-nan");

  private static final char SEPARATOR = '\n';

  private RecordedOptions() {}

  /** The text for picture k; {@code model} is null for the embedded one. */
  static String text(CommandSpec command, Generation made, int k, String sampler, Path model) {
    GenerationRequest request = made.request();
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Steps", Integer.toString(request.steps()));
    fields.put("Sampler", GenerationParameters.samplerLabel(sampler));
    if (request.guidance() != null) {
      fields.put("CFG scale", number(request.guidance()));
    }
    fields.put("Seed", Long.toString(made.seed(k)));
    fields.put("Size", made.pictures().shape().dim(3) + "x" + made.pictures().shape().dim(2));
    if (model != null) {
      fields.put("Model", model.toString());
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
          ? ((List<?>) option.getValue()).stream().map(Objects::toString)
              .collect(Collectors.joining(String.valueOf(SEPARATOR)))
          : Objects.toString(option.getValue());
      if (!value.isEmpty() && !value.equals("false") && !value.equals(option.defaultValue())) {
        fields.put(name.substring(2), value);
      }
    }
    return new GenerationParameters(
        request.prompts().getFirst(), String.join("\n", request.negativePrompts()), fields).format();
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /**
   * Arguments that make a picture again.
   *
   * @throws IllegalArgumentException if the picture holds none
   */
  static List<String> arguments(Path picture, CommandSpec command) {
    String text = PngText.read(picture).get(GenerationParameters.KEYWORD);
    if (text == null) {
      throw new IllegalArgumentException(
          picture + ": holds no parameters; it was not made by 'generate' or a web UI, or was edited since");
    }
    GenerationParameters parameters = GenerationParameters.parse(text);
    List<String> arguments = new ArrayList<>(List.of(parameters.prompt()));
    if (!parameters.negativePrompt().isEmpty()) {
      arguments.addAll(List.of("--negative", parameters.negativePrompt()));
    }
    FIELDS.forEach((option, field) -> {
      String value = field.equals("Sampler") ? parameters.sampler() : parameters.fields().get(field);
      if (value != null) {
        arguments.addAll(List.of(option, value));
      }
    });
    parameters.fields().forEach((field, value) -> {
      OptionSpec option = command.findOption("--" + field);
      if (option != null && !APART.contains("--" + field)) {
        boolean flag = option.arity().max() == 0;
        (option.isMultiValue() ? Arrays.asList(value.split(String.valueOf(SEPARATOR))) : List.of(value))
            .forEach(each -> arguments.addAll(flag ? List.of("--" + field) : List.of("--" + field, each)));
      }
    });
    return arguments;
  }
}
