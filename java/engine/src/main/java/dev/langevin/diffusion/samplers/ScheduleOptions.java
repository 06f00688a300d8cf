package dev.langevin.diffusion.samplers;

import java.util.Map;

/**
 * What noise levels are made with beside their name. Immutable.
 *
 * @param values by the names that the UIs have: {@code sigma_min}, {@code sigma_max}, {@code rho}, {@code alpha},
 *   {@code beta}, {@code mu}, ...; what is not there is as usual, and for A1111 a 0 too
 * @param xl whether the network is Stable Diffusion XL, for levels that were tuned by network
 */
public record ScheduleOptions(Map<String, Object> values, boolean xl) {

  /** Nothing but what is usual. */
  public static final ScheduleOptions USUAL = new ScheduleOptions(Map.of(), false);

  /** Copies {@code values}. */
  public ScheduleOptions {
    values = Map.copyOf(values);
  }

  double number(String name, double usual) {
    return values.get(name) instanceof Number number ? number.doubleValue() : usual;
  }

  /** {@link #number} where 0 is as usual. */
  double numberNotZero(String name, double usual) {
    double value = number(name, 0);
    return value == 0 ? usual : value;
  }

  boolean flag(String name) {
    return Boolean.TRUE.equals(values.get(name));
  }

  String word(String name) {
    return values.get(name) instanceof String word ? word : "";
  }
}
