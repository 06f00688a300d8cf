package dev.langevin.pipeline.files;

import dev.langevin.policy.Findings;
import dev.langevin.weights.MixedTensors;
import dev.langevin.weights.MixedTensors.Term;
import dev.langevin.weights.NamedTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model's parts, the weights of whose networks are sums over several models. Owns all of them. */
final class MixedParts implements WrappedParts {

  private final ModelParts base;
  private final Map<ModelParts, Double> others;
  private final Map<String, NamedTensors> mixed = new HashMap<>();

  /**
   * @param share of the base in the sum
   * @param others factor by model
   * @param findings told of a network that another model lacks, where the base's is kept
   */
  MixedParts(ModelParts base, double share, Map<ModelParts, Double> others, Findings findings) {
    this.base = base;
    this.others = new LinkedHashMap<>(others);
    for (String component : networks(base)) {
      List<Term> terms = new ArrayList<>(List.of(new Term(base.weights(component), share)));
      others.forEach((other, factor) -> {
        if (other.has(component)) {
          terms.add(new Term(other.weights(component), factor));
        } else {
          findings.changes(other.name() + ": has no " + component + " to mix with that of " + base.name()
              + "; give a whole model, or --lenient to keep the first one's");
        }
      });
      if (terms.size() == 1 + others.size()) {
        mixed.put(component, MixedTensors.of(terms));
      }
    }
  }

  /** Components that are networks, whose weights can be summed. */
  private static List<String> networks(ModelParts parts) {
    return parts.components().keySet().stream()
        .filter(name -> parts.has(name) && !name.matches(".*(scheduler|tokenizer|extractor|processor|checker).*"))
        .sorted().toList();
  }

  @Override
  public ModelParts base() {
    return base;
  }

  @Override
  public NamedTensors weights(String component) {
    NamedTensors sum = mixed.get(component);
    return sum != null ? sum : base.weights(component);
  }

  @Override
  public void close() {
    base.close();
    others.keySet().forEach(ModelParts::close);
  }
}
