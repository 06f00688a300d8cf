package dev.langevin.diffusion;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Random numbers equal to those of torch's CPU generator: after {@code torch.manual_seed(s)} the same calls in the same
 * order give the same numbers. Uniforms, integers, permutations and float32 normals agree bit for bit with torch on x86
 * processors with AVX2 or newer; normals of other types to the last bits of the platform's logarithm, sine and cosine.
 *
 * <p>
 * All draws share one state, so their order matters. Not thread-safe. Seeds count modulo 2^32, as in torch.
 */
public final class TorchGenerator implements NoiseSource {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Fewer normals than this are drawn one by one. */
  private static final int BLOCK = BoxMuller.BLOCK;

  /** From this range on integers take 64 bits, so that the remainder has no visible bias. */
  private static final long WIDE_RANGE = 1L << 28;

  private final float[] block = new float[BLOCK];
  private MersenneTwister bits;
  private double waiting;
  private boolean hasWaiting;

  /**
   * A generator as {@code torch.manual_seed} leaves it.
   *
   * @param seed as in {@code manual_seed}; an unsigned seed above 2^63 is passed as the long with the same bits
   */
  public TorchGenerator(long seed) {
    seed(seed);
  }

  /** Starts anew. */
  public void seed(long seed) {
    bits = new MersenneTwister((int) seed);
    hasWaiting = false;
  }

  /** 32 random bits: one step of MT19937. */
  public int bits32() {
    return bits.next();
  }

  /** 64 random bits, the first step's in the upper half. */
  public long bits64() {
    long high = bits.next();
    return high << 32 | bits.next() & 0xffffffffL;
  }

  /** A float32 uniform in [0, 1), a multiple of 2^-24. */
  public float rand() {
    return (bits.next() & 0xffffff) * 0x1p-24f;
  }

  /** A float64 uniform in [0, 1), a multiple of 2^-53. */
  public double rand64() {
    return (bits64() & (1L << 53) - 1) * 0x1p-53;
  }

  /** {@code torch.rand(count)}. */
  public float[] rand(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = rand();
    }
    return values;
  }

  /** {@code torch.randn(count)}. */
  public float[] randn(int count) {
    float[] values = new float[count];
    randn(MemorySegment.ofArray(values), count, true);
    return values;
  }

  /** {@code torch.randn} of float16 or bfloat16, before rounding to that type. */
  public float[] randnHalf(int count) {
    float[] values = new float[count];
    randn(MemorySegment.ofArray(values), count, false);
    return values;
  }

  /** {@code torch.randn(count, dtype=torch.float64)}. */
  public double[] randn64(int count) {
    double[] values = new double[count];
    if (count < BLOCK) {
      for (int i = 0; i < count; i++) {
        values[i] = normal();
      }
      return values;
    }
    for (int i = 0; i < count; i++) {
      values[i] = rand64();
    }
    for (int i = 0; i + BLOCK <= count; i += BLOCK) {
      transform(values, i);
    }
    if (count % BLOCK != 0) { // the tail is drawn anew, together with what completes its block
      for (int i = count - BLOCK; i < count; i++) {
        values[i] = rand64();
      }
      transform(values, count - BLOCK);
    }
    return values;
  }

  /** Fills an f32 tensor as {@code torch.randn} of its shape does. Allocates nothing. */
  @Override
  public void fill(Tensor noise) {
    if (noise.dtype() != DType.F32) {
      throw new IllegalArgumentException("noise is drawn as F32, not into a tensor of " + noise.dtype());
    }
    randn(noise.data(), noise.shape().elements(), true);
  }

  /** An integer from {@code low} to before {@code high}: one element of {@code torch.randint}. */
  public long randint(long low, long high) {
    if (low >= high) {
      throw new IllegalArgumentException("randint from " + low + " to before " + high + " has nothing to choose from");
    }
    long range = high - low;
    boolean wide = Long.compareUnsigned(range, WIDE_RANGE) >= 0;
    long word = wide ? bits64() : bits32() & 0xffffffffL;
    return low + Long.remainderUnsigned(word, range);
  }

  /** {@code torch.randperm(n)}: 0 to n-1 in random order. */
  public long[] randperm(int n) {
    long[] order = new long[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = 0; i < n - 1; i++) {
      int other = i + (int) ((bits32() & 0xffffffffL) % (n - i));
      long moved = order[i];
      order[i] = order[other];
      order[other] = moved;
    }
    return order;
  }

  /** One element of {@code torch.bernoulli}: true with this probability. */
  public boolean bernoulli(float probability) {
    return rand() < probability;
  }

  /**
   * @param drawsAll float32 first draws a uniform for every element, then sixteen more where the count is no multiple
   *   of sixteen; the half types leave out those that would be overwritten
   */
  private void randn(MemorySegment dst, long count, boolean drawsAll) {
    if (count < BLOCK) {
      for (long i = 0; i < count; i++) {
        dst.setAtIndex(FLOAT, i, (float) normal());
      }
      return;
    }
    long whole = count - count % BLOCK;
    for (long i = 0; i < whole; i += BLOCK) {
      drawBlock(dst, i);
    }
    if (whole < count) {
      for (long i = whole; i < count && drawsAll; i++) {
        bits.next();
      }
      drawBlock(dst, count - BLOCK);
    }
  }

  private void drawBlock(MemorySegment dst, long at) {
    for (int i = 0; i < BLOCK; i++) {
      block[i] = rand();
    }
    BoxMuller.transform(block);
    MemorySegment.copy(block, 0, dst, FLOAT, at * Float.BYTES, BLOCK);
  }

  /** The transform makes two normals; the second waits for the next call, even across draws of another kind. */
  private double normal() {
    if (hasWaiting) {
      hasWaiting = false;
      return waiting;
    }
    double angle = 2 * Math.PI * rand64();
    double radius = Math.sqrt(-2 * Math.log1p(-rand64()));
    waiting = radius * Math.sin(angle);
    hasWaiting = true;
    return radius * Math.cos(angle);
  }

  private static void transform(double[] values, int from) {
    for (int i = from; i < from + BLOCK / 2; i++) {
      double radius = Math.sqrt(-2 * Math.log(1 - values[i]));
      double angle = 2 * Math.PI * values[i + BLOCK / 2];
      values[i] = radius * Math.cos(angle);
      values[i + BLOCK / 2] = radius * Math.sin(angle);
    }
  }
}
