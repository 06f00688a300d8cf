package dev.langevin.diffusion.samplers;

import java.util.Map;
import java.util.TreeMap;

/**
 * A linear combination of what a run has computed so far, {@code sum of coefficient * value}. Immutable; coefficients
 * are doubles.
 */
final class Expression {

  /** Nothing. */
  static final Expression ZERO = new Expression(new TreeMap<>());

  private final TreeMap<Value, Double> terms;

  private Expression(TreeMap<Value, Double> terms) {
    this.terms = terms;
  }

  static Expression of(Value value) {
    return new Expression(new TreeMap<>(Map.of(value, 1.0)));
  }

  Expression plus(Expression other) {
    TreeMap<Value, Double> sum = new TreeMap<>(terms);
    other.terms.forEach((value, coefficient) -> sum.merge(value, coefficient, Double::sum));
    return new Expression(sum);
  }

  Expression minus(Expression other) {
    return plus(other.times(-1));
  }

  Expression times(double factor) {
    TreeMap<Value, Double> product = new TreeMap<>();
    terms.forEach((value, coefficient) -> product.put(value, coefficient * factor));
    return new Expression(product);
  }

  Expression over(double divisor) {
    TreeMap<Value, Double> quotient = new TreeMap<>();
    terms.forEach((value, coefficient) -> quotient.put(value, coefficient / divisor));
    return new Expression(quotient);
  }

  /** {@code (1 - share) * this + share * other}. */
  Expression towards(Expression other, double share) {
    return times(1 - share).plus(other.times(share));
  }

  /** The values that take part, with their coefficients. */
  Map<Value, Double> terms() {
    TreeMap<Value, Double> there = new TreeMap<>(terms);
    there.values().removeIf(coefficient -> coefficient == 0);
    return there;
  }
}
