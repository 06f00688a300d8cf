package dev.langevin.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.diffusion.Philox;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.util.Iterator;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Runs the random-number cases. A tensor's name tells the draw: {@code seedS.KIND.ARGUMENTS}; those of a
 * {@code sequence} or {@code global} group come from one generator, one after another.
 */
final class RngCases implements CaseRunner {

  /** Range of the integers in a sequence, whose names do not tell it. */
  private static final String[] SEQUENCE_RANGE = {"0", "50"};

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("rng");
  }

  @Override
  public void run(ReferenceCase c) {
    if (c.json().has("known_answers")) {
      checkPhilox(c);
    } else {
      c.json().get("seeds").forEach(seed -> checkTorch(c, seed.asText()));
    }
  }

  private static void checkTorch(ReferenceCase c, String seedText) {
    long seed = Long.parseUnsignedLong(seedText);
    String prefix = "seed" + seedText + ".";
    TreeSet<String> names = new TreeSet<>(); // sorted: sequence.00, sequence.01, ...
    Iterator<String> all = c.json().get("tensors").fieldNames();
    all.forEachRemaining(
        name -> {
          if (name.startsWith(prefix)) {
            names.add(name.substring(prefix.length()));
          }
        });
    assertThat(names).as("tensors of seed " + seedText).isNotEmpty();
    TorchGenerator sequence = new TorchGenerator(seed);
    for (String name : names) {
      Tensor expected = c.tensor(prefix + name);
      String[] parts = name.split("\\.");
      switch (parts[0]) {
        case "sequence" -> checkDraw(c, prefix + name, sequence, parts[2], "f32", SEQUENCE_RANGE, expected);
        case "global" -> {} // together below: the order matters, and is not that of the names
        case "batch_of_generators" -> checkBatch(c, seed, expected);
        case "bernoulli" -> {
          float probability = Float.parseFloat(parts[1] + "." + parts[2]);
          checkExact(prefix + name, bernoulli(new TorchGenerator(seed), probability, expected), expected);
        }
        case "randint" -> {
          String[] range = {parts[1], parts[2]};
          checkDraw(c, prefix + name, new TorchGenerator(seed), "randint", "i64", range, expected);
        }
        default -> {
          String type = parts.length > 1 ? parts[1] : "";
          checkDraw(c, prefix + name, new TorchGenerator(seed), parts[0], type, new String[0], expected);
        }
      }
    }
    TorchGenerator global = new TorchGenerator(seed);
    for (String name : c.tensors()) { // in the order of drawing
      if (name.startsWith(prefix + "global.")) {
        checkDraw(c, name, global, name.split("\\.")[2], "f32", new String[0], c.tensor(name));
      }
    }
  }

  private static void checkDraw(
      ReferenceCase c, String name, TorchGenerator generator, String kind, String type, String[] range,
      Tensor expected) {
    int count = (int) expected.shape().elements();
    switch (kind) {
      case "rand" -> {
        for (int i = 0; i < count; i++) {
          double actual = expected.dtype() == DType.F64 ? generator.rand64() : generator.rand();
          assertThat(actual).as(name + "[" + i + "]").isEqualTo(expected.toDoubles()[i]);
        }
      }
      case "randn" -> {
        switch (type) {
          case "f64" -> checkNormals(c, name, generator.randn64(count), expected);
          case "f16" -> checkRounded(name, generator.randnHalf(count), expected, false);
          case "bf16" -> checkRounded(name, generator.randnHalf(count), expected, true);
          default -> { // bit for bit, which the case does not ask
            assertThat(generator.randn(count)).as(name).containsExactly(expected.toFloats());
          }
        }
      }
      case "randint" -> {
        long low = bound(range[0]);
        long high = bound(range[1]);
        checkExact(name, integers(() -> generator.randint(low, high), count), expected);
      }
      case "randperm" -> checkExact(name, generator.randperm(count), expected);
      default -> throw new AssertionError(name + " is a kind of draw that this test does not know: " + kind);
    }
  }

  private static void checkBatch(ReferenceCase c, long seed, Tensor expected) {
    int batch = expected.shape().intDim(0);
    for (int n = 0; n < batch; n++) {
      Tensor row = expected.row(n);
      float[] actual = new TorchGenerator((seed & Long.MAX_VALUE) + n).randn((int) row.shape().elements());
      Closeness.assertClose("batch_of_generators[" + n + "]", actual, row.toFloats(), c.maxAbs());
    }
  }

  private static void checkNormals(ReferenceCase c, String name, double[] actual, Tensor expected) {
    double[] values = expected.toDoubles();
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - values[i]) <= c.maxAbs())) {
        throw new AssertionError(
            name + "[" + i + "]: expected " + values[i] + ", actual " + actual[i] + ", bound " + c.maxAbs());
      }
    }
  }

  private static void checkRounded(String name, float[] actual, Tensor expected, boolean bf16) {
    float[] values = expected.toFloats();
    for (int i = 0; i < actual.length; i++) {
      float rounded =
          bf16
              ? DType.bf16ToFloat(DType.floatToBf16(actual[i]))
              : Float.float16ToFloat(Float.floatToFloat16(actual[i]));
      assertThat(rounded).as(name + "[" + i + "]").isEqualTo(values[i]);
    }
  }

  private static void checkPhilox(ReferenceCase c) {
    for (JsonNode answer : c.json().get("known_answers")) {
      long offset = joined(answer.get("counter").get(0), answer.get("counter").get(1));
      long subsequence = joined(answer.get("counter").get(2), answer.get("counter").get(3));
      long seed = joined(answer.get("key").get(0), answer.get("key").get(1));
      StringBuilder words = new StringBuilder();
      for (int word : Philox.words(seed, subsequence, offset)) {
        words.append(words.isEmpty() ? "" : " ").append("%08x".formatted(word));
      }
      assertThat(words.toString()).as("known answer of counter " + answer.get("counter"))
          .isEqualTo(answer.get("out").asText());
    }
    for (JsonNode seed : c.json().get("seeds")) {
      String name = "seed" + seed.asText() + ".words"; // row = offset * width + subsequence
      Tensor expected = c.tensor(name);
      int width = (int) c.stated("/tensor_notes/" + name, "offset\\*(\\d+)");
      for (int row = 0; row < expected.shape().dim(0); row++) {
        int[] words = Philox.words(Long.parseUnsignedLong(seed.asText()), row % width, row / width);
        for (int i = 0; i < 4; i++) {
          assertThat(words[i] & 0xffffffffL).as("row " + row).isEqualTo((long) expected.row(row).toDoubles()[i]);
        }
      }
    }
  }

  private static long joined(JsonNode low, JsonNode high) {
    return Long.parseLong(high.asText(), 16) << 32 | Long.parseLong(low.asText(), 16);
  }

  private static long[] bernoulli(TorchGenerator generator, float probability, Tensor expected) {
    return integers(() -> generator.bernoulli(probability) ? 1 : 0, (int) expected.shape().elements());
  }

  private static long[] integers(LongSupplier draw, int count) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = draw.getAsLong();
    }
    return values;
  }

  private static void checkExact(String name, long[] actual, Tensor expected) {
    double[] values = expected.toDoubles();
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).as(name + "[" + i + "]").isEqualTo(values[i]);
    }
  }

  /** A bound of a randint name: a number, or a power written {@code 2^33}. */
  private static long bound(String text) {
    return text.startsWith("2^") ? 1L << Integer.parseInt(text.substring(2)) : Long.parseLong(text);
  }
}
