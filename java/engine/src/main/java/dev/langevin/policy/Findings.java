package dev.langevin.policy;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Where readers tell of what they cannot honour; the {@link Policy} decides whether that is refused or warned of. The
 * same sentence is said once. May be used by several threads.
 */
public final class Findings {

  private final Policy policy;
  private final Consumer<String> warnings;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  /**
   * Findings under a policy, with nothing said yet.
   *
   * @param warnings told each sentence once
   */
  public Findings(Policy policy, Consumer<String> warnings) {
    this.policy = Objects.requireNonNull(policy, "policy");
    this.warnings = Objects.requireNonNull(warnings, "warnings");
  }

  /**
   * Something that would change the result.
   *
   * @param sentence names it, its value, and the remedy
   * @throws RefusedException unless the policy is lenient
   */
  public void changes(String sentence) {
    tell(sentence, policy != Policy.LENIENT);
  }

  /**
   * Something that would change nothing: what training left behind, tensors for parts that the model has not.
   *
   * @throws RefusedException if the policy is strict
   */
  public void leftover(String sentence) {
    tell(sentence, policy == Policy.STRICT);
  }

  /** Something that is honoured, but perhaps not as it was meant: refused by no policy. */
  public void odd(String sentence) {
    tell(sentence, false);
  }

  private void tell(String sentence, boolean refused) {
    if (refused) {
      throw new RefusedException(sentence);
    }
    if (said.add(sentence)) {
      warnings.accept(sentence);
    }
  }
}
