package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.WeightFile;
import java.util.List;

/**
 * Numbers of 8 and 16 bits: every value, rounding, weights with scale factors in several notations, networks of such
 * weights.
 */
final class Float8Cases implements CaseRunner {

  private static final String BITS = "bits.";

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("fp8");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    if (!c.json().has("file")) {
      rounding(c);
      return;
    }
    try (WeightFile file = WeightFile.open(c.dir().resolve(c.json().get("file").textValue()))) {
      List<String> decoded = c.tensors().stream().filter(name -> name.startsWith(BITS)).toList();
      decoded.forEach(bits -> assertBits(bits, file.tensor(bits.substring(BITS.length())), c.tensor(bits)));
      for (String backend : TestedBackend.names()) {
        if (c.has("unet.out")) {
          unet(c, file, backend);
        } else if (c.has("y")) {
          layers(c, file, backend);
        }
      }
      if (decoded.isEmpty() && !c.has("unet.out")) {
        throw new AssertionError(c.name() + ": nothing in the case is understood, only " + c.tensors());
      }
    }
  }

  private static void assertBits(String what, Tensor actual, Tensor bits) {
    if (!actual.shape().equals(bits.shape())) {
      throw new AssertionError(what + ": shape " + actual.shape() + ", expected " + bits.shape());
    }
    float[] values = actual.toFloats();
    long[] expected = bits.toLongs();
    for (int i = 0; i < values.length; i++) {
      float stored = Float.intBitsToFloat((int) expected[i]);
      if (Float.isNaN(stored) ? !Float.isNaN(values[i]) : Float.floatToRawIntBits(values[i]) != (int) expected[i]) {
        throw new AssertionError(what + ": index " + i + ", expected " + stored + ", actual " + values[i]);
      }
    }
  }

  private static void rounding(ReferenceCase c) {
    float[] input = c.tensor("input").toFloats();
    for (String kind : c.tensors()) {
      if (kind.equals("input")) {
        continue;
      }
      long[] expected = c.tensor(kind).toLongs();
      for (int i = 0; i < input.length; i++) {
        float x = input[i];
        boolean same = switch (kind) {
          case "e4m3" -> same(Float8.F8_E4M3, x, (byte) expected[i]);
          case "e4m3_clamped" -> same(Float8.F8_E4M3, Math.clamp(x, -448f, 448f), (byte) expected[i]);
          case "e5m2" -> same(Float8.F8_E5M2, x, (byte) expected[i]);
          case "bf16" -> DType.floatToBf16(x) == (short) expected[i] || Float.isNaN(x);
          case "f16" -> Float.floatToFloat16(x) == (short) expected[i] || Float.isNaN(x);
          default -> throw new AssertionError(c.name() + ": " + kind + " is no known type");
        };
        if (!same) {
          throw new AssertionError("%s: %s at %d, expected %x".formatted(kind, x, i, expected[i]));
        }
      }
    }
  }

  /** Codes of one number: any NaN is one. */
  private static boolean same(Float8 format, float x, byte expected) {
    byte actual = format.round(x);
    return actual == expected || Float.isNaN(format.value(actual)) && Float.isNaN(format.value(expected));
  }

  private static void layers(ReferenceCase c, WeightFile file, String backend) {
    Tensor x = c.tensor("x");
    GraphBuilder b = new GraphBuilder();
    Value hidden =
        b.linear("l1", b.input("x", DType.F32, x.shape().dims()), file.tensor("l1.weight").shape().intDim(0), true);
    b.output("y", b.linear("l2", b.activate("gelu", hidden, Activation.GELU), c.tensor("y").shape().intDim(1), true));
    Graph graph = b.build();
    file.requireFit(graph.storedWeights()); // no factor is left over
    try (Plan plan = new Planner(Backend.named(backend)).plan(graph, file)) {
      Ports.write(plan, "x", x);
      plan.run();
      Closeness.assertClose(backend + " y", Ports.read(plan, "y"), c.tensor("y"), c.maxAbs());
    }
  }

  private static void unet(ReferenceCase c, WeightFile file, String backend) {
    Shape shape = c.tensor("sample").shape(); // (N, C, H, W)
    Graph graph =
        UNet2DCondition.graph(UNetConditionConfig.of(new ModelFolder(c.model()).config("unet")), shape.intDim(0),
            shape.intDim(2), shape.intDim(3), c.tensor("encoder_hidden_states").shape().intDim(1), 0, 0, false);
    file.requireFit(graph.storedWeights());
    try (Plan plan = new Planner(Backend.named(backend)).plan(graph, file)) {
      Ports.writeAll(c, "", plan, "sample", "timestep", "encoder_hidden_states");
      plan.prepare();
      plan.run();
      Closeness.assertClose(backend + " unet.out", Ports.read(plan, "out"), c.tensor("unet.out"), c.maxAbs());
    }
  }
}
