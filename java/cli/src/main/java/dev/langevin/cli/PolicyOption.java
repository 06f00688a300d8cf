package dev.langevin.cli;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What a command does with what it cannot honour. */
final class PolicyOption {

  /** One of the two at most. */
  static final class Choice {
    @Option(names = "--strict",
        description = "Refuse what is left over in files, too: training's leftovers, updates for absent parts.")
    boolean strict;

    @Option(names = "--lenient",
        description = "Warn of what cannot be honoured and would change the picture, instead of refusing it.")
    boolean lenient;
  }

  private Findings findings;

  @ArgGroup(exclusive = true)
  private Choice choice = new Choice();

  Policy policy() {
    return choice.strict ? Policy.STRICT : choice.lenient ? Policy.LENIENT : Policy.USUAL;
  }

  /** The command's own, which say each thing once. */
  Findings findings() {
    if (findings == null) {
      findings = new Findings(policy(), Messages::warn);
    }
    return findings;
  }
}
