package dev.langevin.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A command's options in the help: in sections where there are many, and those that every command has at the end. An
 * option that stands in no section here is listed first.
 */
final class OptionSections implements IHelpSectionRenderer {

  /** Options that a reader overlooks at once. */
  private static final int FEW = 12;

  private static final String USUAL = "Options";
  private static final String EVERYWHERE = "Options of every command";

  private static final Map<String, List<String>> SECTIONS = new LinkedHashMap<>();

  static {
    SECTIONS.put(USUAL, List.of());
    SECTIONS.put("What is made", List.of("--prompts", "--negative", "--class", "--count", "--size", "--seed", "--from",
        "--toward", "--without", "--frames"));
    SECTIONS.put("Axes", List.of("--x", "--y", "--z"));
    SECTIONS.put("Model", List.of("--model", "--model-dir", "--vae", "--lora", "--lora-dir", "--embedding",
        "--tokenizer", "--original-config", "--ema", "--allow-nan", "--strict", "--lenient"));
    SECTIONS.put("Sampling", List.of("--steps", "--sampler", "--schedule", "--guidance", "--guidance-rescale", "--eta",
        "--compat"));
    SECTIONS.put("How prompts are read", List.of("--prompt-syntax", "--plain-prompt", "--emphasis", "--clip-skip",
        "--wildcard-dir"));
    SECTIONS.put("Pictures that guide", List.of("--init-image", "--strength", "--mask", "--control", "--controlnet",
        "--control-scale", "--image-prompt", "--image-prompt-scale", "--ip-adapter", "--image-encoder"));
    SECTIONS.put("A second pass at a larger size", List.of("--hires-scale", "--hires-upscaler", "--hires-strength",
        "--hires-steps"));
    SECTIONS.put("Speed and memory", List.of("--precision", "--max-memory", "--weight-cache", "--weight-cache-limit",
        "--vae-tiling", "--device"));
    SECTIONS.put("Files", List.of("--out", "--quality", "--grid", "--strip"));
    SECTIONS.put(EVERYWHERE, List.of("--quiet", "--json", "--debug", "--help", "--version"));
  }

  @Override
  public String render(Help help) {
    List<OptionSpec> options = help.commandSpec().options().stream().filter(option -> !option.hidden()).toList();
    Map<String, List<OptionSpec>> sections = sections(options);
    StringBuilder text = new StringBuilder();
    sections.forEach((title, some) -> {
      if (!some.isEmpty()) {
        // of all options, so that descriptions of all sections stand in one column
        Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
        layout.addOptions(some, help.parameterLabelRenderer());
        text.append(System.lineSeparator()).append(title).append(':').append(System.lineSeparator()).append(layout);
      }
    });
    return text.toString();
  }

  private static Map<String, List<OptionSpec>> sections(List<OptionSpec> options) {
    List<String> everywhere = SECTIONS.get(EVERYWHERE);
    long own = options.stream().filter(option -> !everywhere.contains(option.longestName())).count();
    Map<String, List<OptionSpec>> sections = new LinkedHashMap<>();
    SECTIONS.keySet().forEach(title -> sections.put(title, new ArrayList<>()));
    for (OptionSpec option : options) {
      String name = option.longestName();
      String title = SECTIONS.entrySet().stream().filter(section -> section.getValue().contains(name))
          .map(Map.Entry::getKey).findFirst().orElse(USUAL);
      sections.get(own <= FEW && !title.equals(EVERYWHERE) ? USUAL : title).add(option);
    }
    // in the order of the table, which is that of the reader's questions
    sections.forEach((title, some) -> {
      List<String> order = SECTIONS.get(title);
      if (!title.equals(USUAL)) {
        some.sort((one, other) -> order.indexOf(one.longestName()) - order.indexOf(other.longestName()));
      }
    });
    return sections;
  }
}
