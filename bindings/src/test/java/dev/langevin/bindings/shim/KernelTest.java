package dev.langevin.bindings.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.langevin.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each kernel through its binding, against a few lines of Java: a field in the wrong place would show here. */
class KernelTest {

  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(1);

  @AfterEach
  void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private MemorySegment floats(float... values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  private float[] uniform(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  private static float[] read(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void shouldNormaliseGroupsWithTimeScaleShiftAndSilu() {
    int n = 2;
    int spatial = 5;
    int c = 8;
    int groups = 2;
    float[] src = uniform(n * spatial * c);
    float[] add = uniform(n * (c + 1)); // rows of c + 1
    float[] gamma = uniform(c);
    float[] beta = uniform(c);
    float[] scaleShift = uniform(n * 2 * c);
    MemorySegment halves = floats(scaleShift);
    MemorySegment dst = arena.allocate(4L * n * spatial * c);
    KernelCall norm = new KernelCall(Kernel.GROUP_NORM, arena).pointer("src", floats(src))
        .pointer("add", floats(add)).integer("add_stride", c + 1)
        .pointer("gamma", floats(gamma)).pointer("beta", floats(beta)).pointer("scale", halves)
        .pointer("shift", halves.asSlice(4L * c)).integer("scale_stride", 2 * c).integer("shift_stride", 2 * c)
        .pointer("dst", dst).integer("n", n).integer("spatial", spatial).integer("channels", c)
        .integer("groups", groups).flag("silu", true).real("eps", 1e-5);
    norm.scratch(arena.allocate(norm.scratchBytes(), 64));

    norm.execute();

    float[] got = read(dst);
    for (int i = 0; i < n; i++) {
      for (int g = 0; g < groups; g++) {
        double sum = 0;
        double squares = 0;
        double[] x = new double[spatial * c];
        for (int p = 0; p < spatial; p++) {
          for (int k = g * c / groups; k < (g + 1) * c / groups; k++) {
            double value = src[(i * spatial + p) * c + k] + (double) add[i * (c + 1) + k];
            x[p * c + k] = value;
            sum += value;
            squares += value * value;
          }
        }
        int count = spatial * c / groups;
        double mean = sum / count;
        double deviation = Math.sqrt(squares / count - mean * mean + 1e-5);
        for (int p = 0; p < spatial; p++) {
          for (int k = g * c / groups; k < (g + 1) * c / groups; k++) {
            double y = (x[p * c + k] - mean) / deviation * gamma[k] + beta[k];
            y = y * (1 + scaleShift[i * 2 * c + k]) + scaleShift[i * 2 * c + c + k];
            y = y / (1 + Math.exp(-y));
            assertThat((double) got[(i * spatial + p) * c + k]).as("sample %d, pixel %d, channel %d", i, p, k)
                .isCloseTo(y, within(2e-6));
          }
        }
      }
    }
  }

  @Test
  void shouldNormaliseRows() {
    MemorySegment dst = arena.allocate(4 * 6);
    new KernelCall(Kernel.LAYER_NORM, arena).pointer("src", floats(1, 2, 3, 4, 4, 10))
        .pointer("gamma", floats(1, 2, 1)).pointer("beta", floats(0, 0, 5)).pointer("dst", dst).integer("rows", 2)
        .integer("channels", 3).real("eps", 1e-6).execute();

    float a = (float) Math.sqrt(1.5);
    float b = (float) Math.sqrt(0.5);
    assertThat(read(dst)).containsExactly(new float[] {-a, 0, 5 + a, -b, -2 * b, 5 + 2 * b}, within(1e-5f));
  }

  /** One fused matrix of queries, keys and values. */
  @Test
  void shouldAttendWithinHeadsByStridesScaleBiasAndCausalMask() {
    int length = 3;
    int heads = 2;
    int d = 4;
    int width = heads * d;
    float[] qkv = uniform(length * 3 * width);
    float[] bias = uniform(heads * length); // one for each head and key
    MemorySegment q = floats(qkv);
    MemorySegment dst = arena.allocate(4L * length * width);
    KernelCall attention = new KernelCall(Kernel.ATTENTION, arena).pointer("q", q).pointer("k", q.asSlice(4L * width))
        .pointer("v", q.asSlice(8L * width)).pointer("bias", floats(bias)).pointer("dst", dst).integer("n", 1)
        .integer("heads", heads).integer("head_size", d).integer("query_length", length).integer("key_length", length)
        .integer("q_row_stride", 3 * width).integer("k_row_stride", 3 * width).integer("v_row_stride", 3 * width)
        .integer("dst_row_stride", width).integer("bias_head_stride", length).integer("bias_key_stride", 1)
        .flag("causal", true).real("scale", 0.5);
    attention.scratch(arena.allocate(attention.scratchBytes(), 64));

    attention.execute();

    float[] got = read(dst);
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < length; i++) {
        double[] weighted = new double[d];
        double sum = 0;
        for (int j = 0; j <= i; j++) {
          double score = bias[h * length + j];
          for (int k = 0; k < d; k++) {
            score += 0.5 * qkv[i * 3 * width + h * d + k] * qkv[j * 3 * width + width + h * d + k];
          }
          sum += Math.exp(score);
          for (int k = 0; k < d; k++) {
            weighted[k] += Math.exp(score) * qkv[j * 3 * width + 2 * width + h * d + k];
          }
        }
        for (int k = 0; k < d; k++) {
          assertThat((double) got[i * width + h * d + k]).as("head %d, query %d, element %d", h, i, k)
              .isCloseTo(weighted[k] / sum, within(1e-6));
        }
      }
    }
  }

  @Test
  void shouldEmbedTimesWithCosinesFirst() {
    MemorySegment dst = arena.allocate(4 * 10);
    new KernelCall(Kernel.TIME_EMBEDDING, arena).pointer("timesteps", floats(0, 3))
        .pointer("frequencies", floats(1, 0.5f)).pointer("dst", dst).integer("n", 2).integer("dim", 5)
        .flag("flip_sin_to_cos", true).execute();

    assertThat(read(dst)).containsExactly(new float[] {1, 1, 0, 0, 0, (float) Math.cos(3), (float) Math.cos(1.5),
        (float) Math.sin(3), (float) Math.sin(1.5), 0}, within(1e-6f));
  }

  @Test
  void shouldGuideClipAndUpdateInOnePass() {
    MemorySegment x = floats(1, -1);
    MemorySegment kept = floats(10, 20);
    MemorySegment next0 = arena.allocate(8);
    MemorySegment next1 = arena.allocate(8);
    KernelCall step = new KernelCall(Kernel.TRANSITION, arena).pointer("registers", 0, x).pointer("registers", 4, kept)
        .pointer("output", floats(0.5f, 4)).pointer("output_conditional", floats(1, 5)).pointer("next_input", 0, next0)
        .pointer("next_input", 1, next1).integer("n", 1).integer("elements", 2).integer("output_stride", 2)
        .choice("prediction", Choice.PREDICTION_CLIP).real("clip_range", 3).real("sample_coefficient", 2)
        .real("model_coefficient", -1).real("guidance", 2).real("next_input_scale", 0.5);
    new Updates(2, 3, arena).begin(0).term(2, 1).term(4, 0.25).begin(4).term(1, 1).into(step);

    step.execute();

    // model = 0.5 + 2 * 0.5, 4 + 2 * 1; prediction = 2 * 1 - 1.5, clip(2 * -1 - 6)
    assertThat(read(kept)).containsExactly(1.5f, 6);
    assertThat(read(x)).containsExactly(0.5f + 2.5f, -3 + 5);
    assertThat(read(next0)).containsExactly(1.5f, 1);
    assertThat(read(next1)).containsExactly(1.5f, 1);
  }

  @Test
  void shouldScaleTheNoiseByALearnedVariance() {
    MemorySegment noise = floats(2, 2);
    MemorySegment x = floats(0, 0);
    KernelCall step = new KernelCall(Kernel.TRANSITION, arena).pointer("registers", 0, x)
        .pointer("registers", 3, noise).pointer("output", floats(0, 0, -1, 1)).integer("n", 1).integer("elements", 2)
        .integer("output_stride", 4).choice("variance", Choice.VARIANCE_LOG_INTERPOLATED).real("min_log", -2)
        .real("max_log", 0);
    new Updates(1, 1, arena).begin(0).term(3, 1).into(step);

    step.execute();

    assertThat(read(x)).containsExactly(new float[] {2 * (float) Math.exp(-1), 2}, within(1e-6f));
  }

  @Test
  void shouldThresholdDynamically() {
    MemorySegment x = floats(0.5f, -4, 2, 1);
    MemorySegment prediction = arena.allocate(16);
    KernelCall step = new KernelCall(Kernel.TRANSITION, arena).pointer("registers", 0, x)
        .pointer("registers", 1, floats(0, 0, 0, 0)).pointer("registers", 2, prediction).integer("n", 1)
        .integer("elements", 4).choice("prediction", Choice.PREDICTION_DYNAMIC_THRESHOLD).real("threshold_ratio", 1)
        .real("threshold_maximum", 3).real("sample_coefficient", 1);
    new Updates(1, 1, arena).begin(0).term(2, 1).into(step);

    step.execute();

    assertThat(read(x)).containsExactly(new float[] {0.5f / 3, -1, 2f / 3, 1f / 3}, within(1e-6f));
  }

  @Test
  void shouldCopyRowsByStrides() {
    MemorySegment dst = floats(0, 0, 0, 0, 0, 0);
    new KernelCall(Kernel.COPY_2D, arena).pointer("src", floats(1, 2, 3, 4)).pointer("dst", dst).integer("rows", 2)
        .integer("row_bytes", 8).integer("src_stride_bytes", 8).integer("dst_stride_bytes", 12).execute();

    assertThat(read(dst)).containsExactly(1, 2, 0, 3, 4, 0);
  }

  @Test
  void shouldCopyPastTheCaches() {
    MemorySegment src = arena.allocate(64, 64).copyFrom(MemorySegment.ofArray(uniform(16)));
    MemorySegment dst = arena.allocate(64, 64);
    new KernelCall(Kernel.STREAM_COPY, arena).pointer("src", src).pointer("dst", dst).integer("bytes", 64).execute();

    assertThat(dst.mismatch(src)).isEqualTo(-1);
  }

  @Test
  void shouldNameKernelArgumentsAndReasonWhenArgumentsAreRefused() {
    KernelCall norm = new KernelCall(Kernel.LAYER_NORM, arena).pointer("src", floats(1))
        .pointer("dst", arena.allocate(4)).integer("rows", 1).integer("channels", 0).real("eps", 1e-5);

    assertThatThrownBy(norm::execute).isInstanceOf(NativeException.class)
        .hasMessageMatching(
            "lgv_layer_norm\\(src=set, gamma=null, beta=null, dst=set, rows=1, channels=0,"
                + " eps=1.0E-5\\): a size, count or stride is out of range, or they disagree \\(2\\)");
  }

  @Test
  void shouldRefuseMemoryOfTheHeap() {
    assertThatThrownBy(
        () -> new KernelCall(Kernel.LAYER_NORM, arena).pointer("src", MemorySegment.ofArray(new float[1])))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith("lgv_layer_norm_args.src must be native memory")
            .hasMessageEndingWith("allocate it from an Arena");
  }

  @Test
  void shouldNameTheFieldsThatThereAreWhenOneIsMisspelt() {
    KernelCall norm = new KernelCall(Kernel.LAYER_NORM, arena);

    assertThatThrownBy(() -> norm.integer("row", 1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("lgv_layer_norm_args has no field row, only [src, gamma, beta, dst, rows, channels, eps]");
    assertThatThrownBy(() -> norm.integer("eps", 1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("lgv_layer_norm_args.eps is a DOUBLE, not a LONG");
    assertThatThrownBy(() -> new KernelCall(Kernel.TRANSITION, arena).pointer("registers", 16, null))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("lgv_transition_args.registers has elements 0 to 15, not 16");
  }

  @Test
  void shouldNotCallIntoMemoryThatIsFreed() {
    Arena data = Arena.ofConfined();
    KernelCall copy =
        new KernelCall(Kernel.COPY_2D, arena).pointer("src", data.allocate(4)).pointer("dst", arena.allocate(4))
            .integer("rows", 1).integer("row_bytes", 4).integer("src_stride_bytes", 4).integer("dst_stride_bytes", 4);
    data.close();
    assertThatThrownBy(copy::execute).isInstanceOf(IllegalStateException.class);

    copy.pointer("src", arena.allocate(4)); // what is not used any more may be closed
    copy.execute();
    arena.close();
    assertThatThrownBy(copy::execute).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldAllocateNothingInAnExecution() {
    MemorySegment data = arena.allocate(64, 64);
    KernelCall norm = new KernelCall(Kernel.GROUP_NORM, arena).pointer("src", data).pointer("dst", data)
        .integer("n", 1).integer("spatial", 1).integer("channels", 16).integer("groups", 4).real("eps", 1e-5);
    norm.scratch(arena.allocate(norm.scratchBytes(), 64));
    for (int i = 0; i < 20_000; i++) {
      norm.execute(); // until it is compiled
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 1000; i++) {
      norm.execute();
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isZero();
  }
}
