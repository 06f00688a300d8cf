package dev.langevin.graph;

import java.util.List;

/**
 * An operation. Its inputs are listed here in order; weights come as inputs too. Shapes are the stored ones, row-major.
 */
public sealed interface Op
    permits Op.Conv2d, Op.Linear, Op.GroupNorm, Op.LayerNorm, Op.Attention, Op.Activate, Op.Affine, Op.Add, Op.Multiply,
    Op.Concat, Op.Zeros, Op.Slice, Op.NearestRow, Op.UpsampleNearest, Op.Prelu, Op.PixelShuffle,
    Op.PixelUnshuffle, Op.AveragePool, Op.TimeEmbedding, Op.Embedding,
    Op.ToChannelsLast, Op.ToChannelsFirst, Op.Reshape, GradientOp {

  /** Short name for listings, such as {@code conv2d}. */
  String label();

  /**
   * Cross-correlation as torch's conv2d: src (N,H,W,IC), weights (OC,IC,KH,KW), optional bias (OC), then the inputs
   * that the post-ops name; dst (N,OH,OW,OC).
   */
  record Conv2d(int stride, Padding padding, boolean bias, List<PostOp> post) implements Op {
    /** Copies {@code post}. */
    public Conv2d {
      post = List.copyOf(post);
    }

    @Override
    public String label() {
      return "conv2d";
    }
  }

  /** Zero rows and columns around a picture. */
  record Padding(int top, int left, int bottom, int right) {
    /** The same number of rows and columns, 0 or more, on every side. */
    public static Padding of(int all) {
      return new Padding(all, all, all, all);
    }
  }

  /** y = x W^T + b: src (..., IN), weights (OUT, IN), optional bias (OUT), then post-op inputs; dst (..., OUT). */
  record Linear(boolean bias, List<PostOp> post) implements Op {
    /** Copies {@code post}. */
    public Linear {
      post = List.copyOf(post);
    }

    @Override
    public String label() {
      return "linear";
    }
  }

  /**
   * Group normalisation (arXiv:1803.08494): src (N,...,C), gamma (C), beta (C), if {@code addRow} rows a (N,C), and if
   * {@code scaleShift} a (N,2C) matrix of scales s and shifts b: dst = f(norm(x + a) * (1 + s) + b).
   *
   * @param activation f, or null for the identity
   */
  record GroupNorm(int groups, double epsilon, boolean addRow, boolean scaleShift, Activation activation)
      implements Op {
    @Override
    public String label() {
      return "group_norm";
    }
  }

  /** Layer normalisation (arXiv:1607.06450) over the last axis: src (..., C), gamma (C), beta (C). */
  record LayerNorm(double epsilon) implements Op {
    @Override
    public String label() {
      return "layer_norm";
    }
  }

  /**
   * softmax(q k^T scale + bias) v per head (arXiv:1706.03762, equation 1). Inputs by {@code packing}, then, if
   * {@code biased}, a number (N,Lk) for each key of a sample; C = heads * head width.
   *
   * @param causal whether a query attends to no key behind it
   */
  record Attention(int heads, double scale, Packing packing, boolean causal, boolean biased) implements Op {
    @Override
    public String label() {
      return "attention";
    }
  }

  /** How queries, keys and values come to an {@link Attention}. */
  enum Packing {
    /** One input (N,L,3C): q, k, v side by side. */
    QKV,
    /** Two inputs: q (N,Lq,C) and k, v side by side (N,Lk,2C). */
    Q_KV
  }

  /** dst = f(src). */
  record Activate(Activation function) implements Op {
    @Override
    public String label() {
      return function.name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** dst = src * factor + offset. */
  record Affine(double factor, double offset) implements Op {
    @Override
    public String label() {
      return "affine";
    }
  }

  /** dst = a + b; b has a's shape, or (N, C) where a is (N, ..., C), or a's shape but for a first extent of 1. */
  record Add() implements Op {
    @Override
    public String label() {
      return "add";
    }
  }

  /** dst = a * b, of one shape. */
  record Multiply() implements Op {
    @Override
    public String label() {
      return "multiply";
    }
  }

  /** Two inputs one behind the other along an axis, counted from 0. */
  record Concat(int axis) implements Op {
    @Override
    public String label() {
      return "concat";
    }
  }

  /** Zeros; no inputs. */
  record Zeros() implements Op {
    @Override
    public String label() {
      return "zeros";
    }
  }

  /** {@code dst}'s extent of the axis, counted from 0, from index {@code from} on. */
  record Slice(int axis, long from) implements Op {
    @Override
    public String label() {
      return "slice";
    }
  }

  /** The row of a table (K, C) that is nearest to each row of src (..., C), the first of equals: dst (..., C). */
  record NearestRow() implements Op {
    @Override
    public String label() {
      return "nearest_row";
    }
  }

  /** Every pixel {@code factor} times in each direction: (N,H,W,C) to (N,H*factor,W*factor,C). */
  record UpsampleNearest(int factor) implements Op {
    @Override
    public String label() {
      return "upsample";
    }
  }

  /** dst = src above 0, and below slopes times src (arXiv:1502.01852): src (..., C), slopes (C). */
  record Prelu() implements Op {
    @Override
    public String label() {
      return "prelu";
    }
  }

  /**
   * Channels to pixels (arXiv:1609.05158): (N,H,W,C f f) to (N,H f,W f,C); channel c f f + i f + j of a pixel becomes
   * channel c of row i and column j of its square.
   */
  record PixelShuffle(int factor) implements Op {
    @Override
    public String label() {
      return "pixel_shuffle";
    }
  }

  /** The inverse of {@link PixelShuffle}: (N,H f,W f,C) to (N,H,W,C f f). */
  record PixelUnshuffle(int factor) implements Op {
    @Override
    public String label() {
      return "pixel_unshuffle";
    }
  }

  /** Mean over windows of {@code size} by {@code size}, stride {@code size}; a rest at the border is dropped. */
  record AveragePool(int size) implements Op {
    @Override
    public String label() {
      return "avg_pool";
    }
  }

  /**
   * Sinusoidal embedding of times (arXiv:1706.03762, section 3.5): src (N) f32; dst (N, width). Frequencies are
   * exp(-ln(maxPeriod) i / (width/2 - frequencyShift)).
   *
   * @param cosineFirst cosines before sines, which diffusers calls flip_sin_to_cos
   */
  record TimeEmbedding(int width, boolean cosineFirst, double frequencyShift, double maxPeriod) implements Op {
    @Override
    public String label() {
      return "time_embedding";
    }

    /** The {@code width / 2} frequencies, rounded to f32 after each operation as torch rounds them. */
    public float[] frequencies() {
      int half = width / 2;
      float[] frequencies = new float[half];
      for (int i = 0; i < half; i++) {
        float exponent = (float) -Math.log(maxPeriod) * i / (float) (half - frequencyShift);
        frequencies[i] = (float) Math.exp(exponent);
      }
      return frequencies;
    }
  }

  /** Rows of a table (K, C): indices (...) i64; dst (..., C). An index outside the table is an error. */
  record Embedding() implements Op {
    @Override
    public String label() {
      return "embedding";
    }
  }

  /** (N,C,H,W) to (N,H,W,C). */
  record ToChannelsLast() implements Op {
    @Override
    public String label() {
      return "to_channels_last";
    }
  }

  /** (N,H,W,C) to (N,C,H,W). */
  record ToChannelsFirst() implements Op {
    @Override
    public String label() {
      return "to_channels_first";
    }
  }

  /** The same bytes under another shape: no work. */
  record Reshape() implements Op {
    @Override
    public String label() {
      return "reshape";
    }
  }
}
