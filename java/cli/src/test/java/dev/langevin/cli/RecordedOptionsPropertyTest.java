package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.diffusion.Schedulers;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.Images;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Whatever {@code generate} is asked stands in its picture and is read from there again. The options are those that it
 * has: a new one is among them, or fails here for a type that nothing reads.
 */
class RecordedOptionsPropertyTest {

  /** A request has them whether they were asked for or not. */
  private static final Set<String> ALWAYS = Set.of("--steps", "--sampler", "--guidance", "--size");

  private static CommandSpec parsed(List<String> words) {
    return Langevin.commandLine().parseArgs(words.toArray(String[]::new)).subcommand().commandSpec();
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.strings().ascii().withChars("\u00e9\u96ea\ud83e\udd8a\n\"\\,:<> ").ofMaxLength(40)
        .filter(text -> text.indexOf(0) < 0 && text.chars().noneMatch(c -> Character.isSurrogate((char) c)));
  }

  private static Arbitrary<String> prompts() {
    return Arbitraries.frequencyOf(Tuple.of(3, texts()), Tuple.of(1, texts()
        .map(text -> text + "\nNegative prompt: " + text)), Tuple.of(1,
            texts()
                .map(text -> text + "\nSteps: 1, Seed: 2, Size: 3x4")));
  }

  private static Arbitrary<String> values(OptionSpec option) {
    Class<?> type = option.auxiliaryTypes()[0];
    return switch (option.longestName()) {
      case "--sampler" -> Arbitraries.of(Schedulers.names()).map(String::toString);
      case "--schedule" -> Arbitraries.of("karras", "exponential", "beta", "sgm_uniform");
      case "--device", "--backend" -> Arbitraries.of("onednn", "reference");
      case "--strength" -> Arbitraries.doubles().between(0, false, 1, true).map(String::valueOf);
      case "--steps", "--clip-skip" -> Arbitraries.integers().greaterOrEqual(1).map(String::valueOf);
      default -> {
        if (SettableOptions.namesFile(option)) {
          yield Arbitraries.strings().withChars("ab ,:\"=.x1").ofMinLength(1).ofMaxLength(12)
              .map(name -> "f" + name + "f");
        } else if (type == Integer.class || type == int.class) {
          yield Arbitraries.integers().map(String::valueOf);
        } else if (type == Long.class || type == long.class) {
          yield Arbitraries.longs().map(String::valueOf);
        } else if (type == Double.class || type == double.class) {
          yield Arbitraries.doubles().map(String::valueOf);
        } else if (type == Size.class) {
          yield Combinators.combine(Arbitraries.integers().between(1, 30), Arbitraries.integers().between(1, 30))
              .as((width, height) -> width + "x" + height);
        } else if (type.isEnum()) {
          yield Arbitraries.of(type.getEnumConstants()).map(each -> each.toString());
        }
        assertThat(type).as("of %s: a picture cannot hold it", option.longestName()).isEqualTo(String.class);
        yield texts().filter(text -> !text.isEmpty() && !text.contains("\n"));
      }
    };
  }

  /** Nothing, or the option once, or as often as it may be. */
  private static Arbitrary<List<String>> words(OptionSpec option) {
    String name = option.longestName();
    if (option.arity().max() == 0) {
      return Arbitraries.of(List.of(), List.of(name));
    }
    Arbitrary<List<String>> values =
        values(option).map(value -> name + "=" + value).list().ofMinSize(ALWAYS.contains(name) ? 1 : 0)
            .ofMaxSize(option.isMultiValue() ? 3 : 1);
    return values;
  }

  @Provide
  Arbitrary<List<String>> commands() {
    List<Arbitrary<List<String>>> words = new ArrayList<>();
    for (OptionSpec option : parsed(List.of("generate")).options()) {
      if (!SettableOptions.APART.contains(option.longestName())) {
        words.add(words(option));
      }
    }
    words.add(prompts().map(text -> List.of("--negative=" + text)).injectNull(0.3).map(each -> each == null ? List.of()
        : each));
    words.add(prompts().map(text -> List.of("--", text)));
    return Combinators.combine(words).as(lists -> lists.stream().flatMap(List::stream).toList());
  }

  private static GenerationRequest request(CommandSpec spec, String prompt) {
    Size size = spec.findOption("--size").getValue();
    GenerationRequest.Builder request = GenerationRequest.prompt(prompt).size(size.width(), size.height())
        .steps(spec.findOption("--steps").<Integer>getValue()).seed(spec.findOption("--seed").<Long>getValue())
        .guidance(spec.findOption("--guidance").<Double>getValue())
        .negativePrompt(spec.findOption("--negative").getValue())
        .schedule(spec.findOption("--schedule").getValue());
    Integer clipSkip = spec.findOption("--clip-skip").getValue();
    Double strength = spec.findOption("--strength").getValue();
    if (strength != null) {
      request.strength(strength);
    }
    return request.clipSkip(clipSkip == null ? 0 : clipSkip - 1).build();
  }

  @Property(tries = 60)
  void shouldReadWhatItHasRecorded(@ForAll("commands") List<String> options) throws IOException {
    List<String> words = new ArrayList<>(List.of("generate"));
    words.addAll(options);
    CommandSpec asked = parsed(words);
    GenerationRequest request = request(asked, options.getLast());
    Path model = asked.findOption("--model").getValue();
    Generation made = new Generation(request,
        Tensor.allocate(DType.F32, Shape.of(1, 3, request.height(), request.width())), Map.of(), List.of(), Map.of());
    String text = RecordedOptions.text(asked, made, 0, asked.findOption("--sampler").getValue(), model, "0123456789");
    Path picture = Files.createTempFile("langevin", ".png");
    try {
      Images.writePng(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), picture,
          Map.of(GenerationParameters.KEYWORD, text));
      CommandSpec read = parsed(List.of("generate", "--from", picture.toString(), "--init-image=in.png"));
      List<String> said = new ArrayList<>();
      Repeat repeat = new Repeat(picture, read, new Findings(Policy.LENIENT, said::add), null);
      repeat.apply(false);
      assertThat(repeat.prompt()).isEqualTo(options.getLast());
      if (request.guidance() > 1) { // else it is not read
        assertThat(repeat.negative()).isEqualTo(asked.findOption("--negative").getValue());
      }
      compare(asked, read, said);
      assertThat(said).allMatch(each -> each.contains("say where that lies"));
    } finally {
      Files.delete(picture);
    }
  }

  private static void compare(CommandSpec asked, CommandSpec read, List<String> said) {
    for (OptionSpec option : asked.options()) {
      String name = option.longestName();
      Object value = option.getValue();
      boolean some = value != null && !(value instanceof List<?> list && list.isEmpty());
      if (SettableOptions.APART.contains(name) || name.equals("--init-image")
          || name.equals("--clip-skip") && Integer.valueOf(1).equals(value)) {
        continue; // 1 is what there is without it
      } else if (SettableOptions.namesFile(option)) {
        assertThat(said.stream().anyMatch(each -> each.contains("say where that lies with " + name + ",")))
            .as(name + " " + value + " in " + said).isEqualTo(some);
      } else {
        Object back = read.findOption(name).getValue();
        assertThat(back).as(name).isEqualTo(value);
      }
    }
  }
}
