package dev.langevin.reference;

/**
 * The network of the sampler cases in float32: tanh(x * X + sine * sin(t / period)). Where a sampler reads a variance,
 * the second half of the channels is the same of the constants named second, and where that is the variance itself,
 * base + amplitude * half.
 */
record ClosedForm(float x, float sine, float period, float secondX, float secondSine, float secondPeriod, float base,
    float amplitude) {

  /** The form whose constants the case states; base and amplitude only where the variance itself is learned. */
  static ClosedForm of(ReferenceCase c) {
    boolean direct = c.json().get("config").path("variance_type").asText().equals("learned");
    return new ClosedForm(read(c, "x"), read(c, "sine"), read(c, "period"), read(c, "second_x"), read(c, "second_sine"),
        read(c, "second_period"), direct ? read(c, "variance_base") : 0, direct ? read(c, "variance_amplitude") : 1);
  }

  private static float read(ReferenceCase c, String name) {
    return (float) c.number("/model_constants/" + name);
  }

  /** The answer to {@code batch} samples, one after another; {@code doubled} where each is followed by its variance. */
  float[] answer(float[] shown, float t, int batch, boolean doubled) {
    float shift = sine * (float) Math.sin(t / period);
    float secondShift = secondSine * (float) Math.sin(t / secondPeriod);
    int elements = shown.length / batch;
    int stride = doubled ? 2 * elements : elements;
    float[] answer = new float[batch * stride];
    for (int n = 0; n < batch; n++) {
      for (int i = 0; i < elements; i++) {
        float sample = shown[n * elements + i];
        answer[n * stride + i] = (float) Math.tanh(x * sample + shift);
        if (doubled) {
          answer[n * stride + elements + i] = base + amplitude * (float) Math.tanh(secondX * sample + secondShift);
        }
      }
    }
    return answer;
  }
}
