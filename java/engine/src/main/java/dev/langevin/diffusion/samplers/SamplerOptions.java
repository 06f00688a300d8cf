package dev.langevin.diffusion.samplers;

import java.util.Map;
import java.util.TreeSet;

/** A sampler's options by name. Remembers which were read, so that one that means nothing is refused. */
final class SamplerOptions {

  private final String owner;
  private final Map<String, Object> values;
  private final TreeSet<String> read = new TreeSet<>();

  /** @param values numbers, booleans and words */
  SamplerOptions(String owner, Map<String, Object> values) {
    this.owner = owner;
    this.values = values;
  }

  double number(String name, double usual) {
    return read(name, usual) instanceof Number number && Double.isFinite(number.doubleValue())
        ? number.doubleValue() : wrong(name, "a number");
  }

  /** {@link #number} that may be infinite. */
  double limit(String name, double usual) {
    return read(name, usual) instanceof Number number && !Double.isNaN(number.doubleValue()) ? number.doubleValue()
        : wrong(name, "a number");
  }

  int integer(String name, int usual, int least, int most) {
    double value = number(name, usual);
    if (value != Math.rint(value) || value < least || value > most) {
      return wrong(name, "a whole number from " + least + " to " + most);
    }
    return (int) value;
  }

  boolean flag(String name, boolean usual) {
    return read(name, usual) instanceof Boolean flag ? flag : wrong(name, "true or false");
  }

  String word(String name, String usual, String... allowed) {
    Object value = read(name, usual);
    for (String each : allowed) {
      if (each.equals(value)) {
        return each;
      }
    }
    return wrong(name, "one of " + String.join(", ", allowed));
  }

  /** @throws IllegalArgumentException if there is an option that was not read */
  void requireRead() {
    for (String name : values.keySet()) {
      if (!read.contains(name)) {
        throw new IllegalArgumentException("the sampler " + owner + " has no option " + name + "; it has "
            + (read.isEmpty() ? "none" : String.join(", ", read)));
      }
    }
  }

  private Object read(String name, Object usual) {
    read.add(name);
    return values.getOrDefault(name, usual);
  }

  private <T> T wrong(String name, String allowed) {
    throw new IllegalArgumentException(
        "the sampler " + owner + ": " + name + " is " + values.get(name) + "; it must be " + allowed);
  }
}
