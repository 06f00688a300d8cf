package dev.langevin.training;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Numbers of each step of a run: loss, norm of the gradient, and what else a task reports. Used by one thread. */
public final class TrainingLog {

  private static final class Curve {
    float[] values = new float[1024];
    int count;

    void add(double value) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = (float) value;
    }
  }

  /** Times the loss of the beginning: beyond, nothing is learnt. */
  private static final double RISEN = 10;

  private final Map<String, Curve> curves = new LinkedHashMap<>();
  private final long start = System.nanoTime();
  private double before;

  TrainingLog() {}

  void add(String name, double value) {
    curves.computeIfAbsent(name, n -> new Curve()).add(value);
  }

  /** Values of a curve, one a step; empty if there is none. */
  public float[] curve(String name) {
    Curve curve = curves.get(name);
    return curve == null ? new float[0] : Arrays.copyOf(curve.values, curve.count);
  }

  /** All curves. */
  public Map<String, float[]> curves() {
    Map<String, float[]> all = new LinkedHashMap<>();
    curves.keySet().forEach(name -> all.put(name, curve(name)));
    return all;
  }

  /** Mean of the newest values of a curve, at most {@code count} of them. */
  public double recent(String name, int count) {
    Curve curve = curves.get(name);
    int end = curve == null ? 0 : curve.count;
    int from = Math.max(0, end - count);
    double sum = 0;
    for (int i = from; i < end; i++) {
      sum += curve.values[i];
    }
    return end == 0 ? Double.NaN : sum / (end - from);
  }

  /** In words, how far the loss has risen from its beginning; null where it has not much. */
  String risen() {
    float[] loss = curve("loss");
    int window = Math.min(50, loss.length / 4);
    if (window < 2) {
      return null;
    }
    double first = 0;
    for (int i = 0; i < window; i++) {
      first += loss[i] / window;
    }
    double last = recent("loss", window);
    return last > RISEN * Math.abs(first)
        ? String.format(Locale.ROOT, "the loss has risen from %.3g to %.3g", first, last) : null;
  }

  /** Seconds that the run took, over all its parts. */
  public double seconds() {
    return before + (System.nanoTime() - start) * 1e-9;
  }

  void resume(double seconds) {
    before = seconds;
  }

  void resume(String name, float[] values) {
    Curve curve = new Curve();
    curve.values = values.length == 0 ? new float[1] : values;
    curve.count = values.length;
    curves.put(name, curve);
  }
}
