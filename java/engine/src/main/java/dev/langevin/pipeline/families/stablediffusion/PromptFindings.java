package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.pipeline.stages.PromptEncoder;
import dev.langevin.policy.Findings;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.request.LoadOptions;
import dev.langevin.text.ExtraNetwork;
import dev.langevin.text.PromptPart;
import dev.langevin.weights.UpdateNames;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What prompts ask for and do not get, or not in the notation that they are read in. */
record PromptFindings(Findings findings, List<LoadOptions.Lora> loras, Map<Path, Set<String>> names) {

  private static final Pattern EMBEDDING = Pattern.compile("\\bembedding:[^\\s,()]+");

  static PromptFindings of(LoadOptions options) {
    return new PromptFindings(options.findings(), List.of(), Map.of()).with(options.loras());
  }

  /** With the updates of a request beside those that the model was loaded with. */
  PromptFindings with(List<LoadOptions.Lora> more) {
    Map<Path, Set<String>> all = new HashMap<>(names);
    more.forEach(lora -> all.computeIfAbsent(lora.file(), UpdateNames::of));
    return new PromptFindings(findings, Stream.concat(loras.stream(), more.stream()).toList(), all);
  }

  /**
   * @param prompts that the request's are read by
   * @throws dev.langevin.policy.RefusedException as of the policy, naming what cannot be honoured
   */
  void look(PromptEncoder prompts, GenerationRequest request) {
    if (request.syntax() == PromptSyntax.PLAIN) {
      return;
    }
    for (String prompt : request.prompts()) {
      if (request.syntax() == PromptSyntax.A1111) {
        ExtraNetwork.of(prompt).forEach(this::network);
        weight(ExtraNetwork.without(prompt));
      }
      notation(prompts, request, prompt);
    }
    for (String prompt : request.negativePrompts()) {
      notation(prompts, request, prompt);
      if (request.syntax() == PromptSyntax.A1111 && prompt.contains("<lora:")) {
        findings.leftover("the negative prompt's <lora:...> is read as words, as AUTOMATIC1111 does; put it into the"
            + " prompt, or leave it away");
      }
    }
  }

  private void network(ExtraNetwork network) {
    if (network.kind().equals("hypernet")) {
      findings
          .changes("the prompt's " + network.tag() + " names a hypernetwork, which is not read here; leave it away");
    } else if (!network.updates()) {
      findings.leftover("the prompt's " + network.tag() + " names no kind of network that is known; it is left out");
    } else if (loras.stream().noneMatch(lora -> fits(lora, network))) {
      findings.changes("the prompt's " + network.tag() + " is not among the updates that the model or the request has, "
          + loras.stream().map(lora -> UpdateNames.stem(lora.file()) + ":" + lora.weight()).toList()
          + "; give that file and weight, or leave it away");
    }
  }

  private boolean fits(LoadOptions.Lora lora, ExtraNetwork network) {
    return names.get(lora.file()).contains(network.name()) && lora.weight() == network.weight();
  }

  private void weight(String prompt) {
    List<PromptPart> parts = PromptPart.of(prompt);
    if (parts.size() == 1 && parts.getFirst().weight() != 1) {
      findings.leftover("the number at the prompt's end is read as its weight, " + parts.getFirst().weight()
          + ", as AUTOMATIC1111 does; go on with a comma if it is text");
    }
  }

  private void notation(PromptEncoder prompts, GenerationRequest request, String prompt) {
    Matcher embedding = EMBEDDING.matcher(prompt);
    if (request.syntax() == PromptSyntax.COMFY) {
      prompts.missing(prompt)
          .forEach(name -> findings.changes("the prompt's embedding:" + name + " is no learned token that was loaded, "
              + prompts.learned() + "; load its file, or leave it away"));
      ExtraNetwork.of(prompt).stream().filter(ExtraNetwork::updates)
          .forEach(network -> findings.leftover("the prompt's "
              + network.tag() + " is read as words, as ComfyUI does; it has a meaning in AUTOMATIC1111's notation"));
    } else if (embedding.find()) {
      findings
          .leftover("the prompt's " + embedding.group() + " is read as words, as AUTOMATIC1111 does; there a learned"
              + " token is called by its name alone, in ComfyUI's notation so");
    }
  }
}
