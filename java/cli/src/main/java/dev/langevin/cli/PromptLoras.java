package dev.langevin.cli;

import dev.langevin.policy.Findings;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.request.LoadOptions;
import dev.langevin.text.ExtraNetwork;
import dev.langevin.weights.UpdateNames;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Files of updates that a prompt calls: {@code <lora:name:0.8>}. */
final class PromptLoras {

  private static final List<String> ENDINGS = List.of(".safetensors", ".pt", ".ckpt", ".bin");

  private static final int DEEPEST = 8; // folders

  private PromptLoras() {}

  /**
   * What a prompt calls and {@code --lora} does not give already, by the files' names without their endings, in their
   * case, or by the names that they were trained as.
   *
   * @throws dev.langevin.policy.RefusedException unless the policy is lenient, if a file is not there, naming it
   * @throws IllegalArgumentException if it cannot be told which of several files is meant
   */
  static List<LoadOptions.Lora> of(String prompt, TextOptions options) {
    List<LoadOptions.Lora> loras = new ArrayList<>();
    if (options.syntax() != PromptSyntax.A1111) {
      return loras;
    }
    for (ExtraNetwork network : ExtraNetwork.of(prompt)) {
      if (!network.updates() || given(network, options)) {
        continue;
      }
      Path file = find(network, options);
      if (file != null) {
        loras.add(new LoadOptions.Lora(file, network.weight(), network.textWeight()));
      }
    }
    return loras;
  }

  private static boolean given(ExtraNetwork network, TextOptions options) {
    return options.loras.stream()
        .anyMatch(each -> UpdateNames.stem(FileArguments.lora(each).file()).equals(network.name()));
  }

  private static Path find(ExtraNetwork network, TextOptions options) {
    Findings findings = options.policy.findings();
    if (options.loraDir == null) {
      findings.changes("the prompt's " + network.tag()
          + " names a file that is sought nowhere; say where with --lora-dir, or leave it away");
      return null;
    }
    List<Path> files = files(options.loraDir);
    List<Path> found = files.stream().filter(file -> UpdateNames.stem(file).equals(network.name())).toList();
    if (found.isEmpty()) { // a name that the file had when it was trained, for which each must be opened
      found = files.stream().filter(file -> trainedAs(file, network.name())).toList();
    }
    if (found.size() > 1) {
      throw new IllegalArgumentException(
          "the prompt's " + network.tag() + " names " + found.size() + " files, " + found + "; rename all but one");
    }
    if (found.isEmpty()) {
      String near = files.stream().map(UpdateNames::stem).filter(network.name()::equalsIgnoreCase).findFirst()
          .map(name -> "; " + name + " is").orElse("");
      findings.changes("the prompt's " + network.tag() + ": there is no " + network.name() + ".safetensors in "
          + options.loraDir + near + "; put it there, or leave the tag away");
      return null;
    }
    return found.getFirst();
  }

  private static boolean trainedAs(Path file, String name) {
    try {
      return UpdateNames.of(file).contains(name);
    } catch (WeightsException e) { // of no file that is sought
      return false;
    }
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.walk(folder, DEEPEST, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(file -> ENDINGS.stream().anyMatch(file.toString()::endsWith)).filter(Files::isRegularFile)
          .sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new IllegalArgumentException("--lora-dir " + folder + " cannot be read: " + e.getMessage(), e);
    }
  }
}
