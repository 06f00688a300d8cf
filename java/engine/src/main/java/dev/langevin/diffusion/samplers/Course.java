package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.samplers.Value.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Takes down a run as a {@link Sampler} asks for it. What it hands out are not pictures but {@link Expression}s of
 * them; {@link Transitions} makes one transition of each network call. Used once, by one thread.
 */
final class Course {

  /** A call as it was asked for. */
  record Asked(Expression x, Level level) {}

  private final ModelLevels levels;
  private final List<Asked> calls = new ArrayList<>();
  private final Set<Integer> draws = new TreeSet<>();
  private final Map<Value, Expression> kept = new TreeMap<>();

  Course(ModelLevels levels) {
    this.levels = levels;
  }

  /** The network's noise levels. */
  ModelLevels levels() {
    return levels;
  }

  /** The sample that the run begins with. */
  Expression start() {
    return Expression.of(new Value(Kind.SAMPLE, -1));
  }

  /** A network call with a sample of this noise level. */
  Call call(Expression x, double sigma) {
    return call(x, levels.level(sigma));
  }

  Call call(Expression x, Level level) {
    int index = calls.size();
    calls.add(new Asked(x, level));
    return new Call(Expression.of(new Value(Kind.SAMPLE, index)), Expression.of(new Value(Kind.DENOISED, index)),
        Expression.of(new Value(Kind.UNCONDITIONAL, index)));
  }

  /**
   * A fresh unit normal, drawn after the last call whether it is used or not, so that later draws stay aligned.
   *
   * @throws IllegalStateException if one was drawn since the last call: a transition draws one
   */
  Expression noise() {
    int index = calls.size() - 1;
    if (!draws.add(index)) {
      throw new IllegalStateException("two noises are drawn after call " + index);
    }
    return Expression.of(new Value(Kind.NOISE, index));
  }

  /**
   * Computes something now, after the last call, so that what it is made of need not be kept until it is read. For what
   * goes on from step to step; before the first call it is left as it is.
   */
  Expression keep(Expression expression) {
    int call = calls.size() - 1;
    if (call < 0) {
      return expression;
    }
    int index = (int) kept.keySet().stream().filter(value -> value.call() == call).count();
    Value value = new Value(Kind.KEPT, call, index);
    kept.put(value, expression);
    return Expression.of(value);
  }

  /** What is computed after a call. */
  Map<Value, Expression> kept() {
    return kept;
  }

  List<Asked> calls() {
    return calls;
  }

  /** Indices of the calls after which noise is drawn. */
  Set<Integer> draws() {
    return draws;
  }
}
