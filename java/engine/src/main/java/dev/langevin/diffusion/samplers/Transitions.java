package dev.langevin.diffusion.samplers;

import static dev.langevin.diffusion.Transition.MAX_REGISTERS;
import static dev.langevin.diffusion.Transition.SAVED;

import dev.langevin.diffusion.LinearCombination;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.Transition.Nonlinearity;
import dev.langevin.diffusion.TransitionBuilder;
import dev.langevin.diffusion.samplers.Value.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes a transition of each call of a {@link Course}. A value that a later transition reads is kept in a register from
 * the call that computes it to its last reader.
 */
final class Transitions {

  private final Course course;
  private final List<Expression> targets = new ArrayList<>(); // sample after each call
  private final Map<Value, Integer> lastUse = new HashMap<>();
  private final TreeMap<Value, Integer> registers = new TreeMap<>();
  private final TreeSet<Integer> free = new TreeSet<>();

  private Transitions(Course course, Expression result) {
    this.course = course;
    for (int call = 1; call < course.calls().size(); call++) {
      targets.add(course.calls().get(call).x());
    }
    targets.add(result);
    for (int call = 0; call < targets.size(); call++) {
      for (Value value : targets.get(call).terms().keySet()) {
        lastUse.merge(value, call, Math::max);
      }
    }
    course.kept().forEach((value, expression) -> {
      for (Value part : expression.terms().keySet()) {
        lastUse.merge(part, value.call(), Math::max);
      }
    });
    for (int register = SAVED; register < MAX_REGISTERS; register++) {
      free.add(register);
    }
  }

  /** @param result the sample after the last call */
  static List<Transition> of(Course course, Expression result) {
    Transitions transitions = new Transitions(course, result);
    List<Transition> made = new ArrayList<>();
    for (int call = 0; call < course.calls().size(); call++) {
      made.add(transitions.transition(call));
    }
    return made;
  }

  private Transition transition(int call) {
    Level level = course.calls().get(call).level();
    TransitionBuilder builder = TransitionBuilder.at(level.timestep()).inputScale(level.inputScale())
        .predict(denoised(level, LinearCombination.MODEL), new Nonlinearity.Identity());
    Value unconditional = new Value(Kind.UNCONDITIONAL, call);
    if (lastUse.containsKey(unconditional)) {
      int register = take(unconditional);
      builder.unconditional(register).keep(register, denoised(level, LinearCombination.register(register)));
    }
    if (course.draws().contains(call)) {
      builder.drawsNoise();
    }
    keep(builder, new Value(Kind.SAMPLE, call), LinearCombination.X, call);
    keep(builder, new Value(Kind.DENOISED, call), LinearCombination.PREDICTION, call);
    keep(builder, new Value(Kind.NOISE, call), LinearCombination.NOISE, call);
    course.kept().forEach((value, expression) -> {
      if (value.call() == call && lastUse.containsKey(value)) {
        LinearCombination computed = combination(expression, call);
        builder.keep(take(value), computed);
      }
    });
    LinearCombination next = combination(targets.get(call), call);
    registers.entrySet().removeIf(kept -> {
      boolean done = lastUse.get(kept.getKey()) <= call;
      if (done) {
        free.add(kept.getValue());
      }
      return done;
    });
    return builder.next(next);
  }

  private static LinearCombination denoised(Level level, LinearCombination answer) {
    return LinearCombination.X.times(level.sampleCoefficient()).plus(answer.times(level.modelCoefficient()));
  }

  private LinearCombination combination(Expression expression, int call) {
    LinearCombination sum = LinearCombination.ZERO;
    for (Map.Entry<Value, Double> term : expression.terms().entrySet()) {
      sum = sum.plus(source(term.getKey(), call).times(term.getValue()));
    }
    return sum;
  }

  private void keep(TransitionBuilder builder, Value value, LinearCombination now, int call) {
    if (lastUse.getOrDefault(value, -1) > call) {
      builder.keep(take(value), now);
    }
  }

  private int take(Value value) {
    Integer register = free.pollFirst();
    if (register == null) {
      throw new IllegalStateException("a run keeps more values than the " + (MAX_REGISTERS - SAVED) + " registers");
    }
    registers.put(value, register);
    return register;
  }

  private LinearCombination source(Value value, int call) {
    if (registers.containsKey(value)) {
      return LinearCombination.register(registers.get(value));
    }
    if (value.call() != call) {
      throw new IllegalStateException(value + " is read after call " + call + ", where it is no longer there");
    }
    return switch (value.kind()) {
      case SAMPLE -> LinearCombination.X;
      case DENOISED -> LinearCombination.PREDICTION;
      case NOISE -> LinearCombination.NOISE;
      case UNCONDITIONAL, KEPT -> throw new IllegalStateException(value + " has no register");
    };
  }
}
