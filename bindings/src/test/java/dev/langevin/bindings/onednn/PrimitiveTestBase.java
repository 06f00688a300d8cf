package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.bindings.onednn.Primitive.Argument;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;

/** An engine, a stream and memory for one test, and values whose sums are small. */
abstract class PrimitiveTestBase {

  final Arena arena = Arena.ofConfined();
  final Engine engine = Engine.cpu();
  final Stream stream = new Stream(engine);
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final Random random = new Random(1);

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : owned.reversed()) {
      each.close();
    }
    stream.close();
    engine.close();
    arena.close();
  }

  final <T extends AutoCloseable> T own(T each) {
    owned.add(each);
    return each;
  }

  final PrimitiveAttr attr() {
    return own(new PrimitiveAttr());
  }

  final MemoryDesc dense(long... dims) {
    return own(MemoryDesc.dense(dims));
  }

  final MemoryDesc channelsLast(long n, long c, long h, long w) {
    return own(MemoryDesc.channelsLast(n, c, h, w));
  }

  final float[] uniform(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  final MemorySegment floats(float... values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  final MemorySegment room(MemoryDesc desc) {
    return arena.allocate(desc.size(), 64);
  }

  static float[] read(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  static Argument argument(int number, MemoryDesc desc, MemorySegment data) {
    return new Argument(number, desc, data);
  }

  final Primitive primitive(PrimitiveDesc desc, Argument... arguments) {
    return own(new Primitive("test", engine, stream, own(desc), List.of(arguments), arena.allocate(
        Math.max(1, desc.scratchpadSize()), 64)));
  }

  final void run(PrimitiveDesc desc, Argument... arguments) {
    primitive(desc, arguments).execute();
  }

  /** {@code tolerance} is absolute. */
  static void assertClose(float[] got, double[] expected, double tolerance) {
    assertThat(got).hasSize(expected.length);
    for (int i = 0; i < got.length; i++) {
      assertThat((double) got[i]).as("element %d", i).isCloseTo(expected[i], within(tolerance));
    }
  }
}
