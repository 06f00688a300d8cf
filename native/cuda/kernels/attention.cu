// The simple attention: a warp a query, 32 keys at a time, one a lane; online softmax in f32.
#include "number.h"
#include "reduce.h"

constexpr int WARPS = LGC_ATTENTION_THREADS / 32;
constexpr int COLUMNS_OF_LANE = LGC_ATTENTION_HEAD / 32;

LGC_DEVICE float minus_infinity() { return float_of(0xff800000u); }

LGC_KERNEL(lgc_attention, lgc_attention_args, LGC_ATTENTION_THREADS) {
  LGC_SHARED(float, queries, WARPS * LGC_ATTENTION_HEAD);
  LGC_SHARED(float, shares, WARPS * 32);
  const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
  const int d = (int)args.head_size;
  float* query = queries + warp * LGC_ATTENTION_HEAD;
  float* share = shares + warp * 32;
  const int64_t blocks = parts(args.query_length, LGC_ATTENTION_QUERIES);
  for (int64_t unit = blockIdx.x; unit < args.n * args.heads * blocks; unit += gridDim.x) {
    const int64_t i = unit % blocks * LGC_ATTENTION_QUERIES + warp;
    const int64_t head = unit / blocks % args.heads, n = unit / blocks / args.heads;
    if (i >= args.query_length) {
      continue;  // the whole warp: there is no barrier of the block
    }
    const int64_t q = n * args.q_batch_stride + i * args.q_row_stride + head * d;
    const int64_t k = n * args.k_batch_stride + head * d, v = n * args.v_batch_stride + head * d;
    for (int c = lane; c < d; c += 32) {
      query[c] = load(args.q, args.type, q + c) * (float)args.scale;
    }
    __syncwarp();
    float y[COLUMNS_OF_LANE];
    LGC_UNROLL for (int j = 0; j < COLUMNS_OF_LANE; j++) {
      y[j] = 0.0f;
    }
    float largest = minus_infinity(), total = 0.0f;
    const int64_t keys = args.causal != 0 ? smaller(args.key_length, i + 1) : args.key_length;
    for (int64_t first = 0; first < keys; first += 32) {
      const int64_t key = first + lane;
      float score = minus_infinity();
      if (key < keys) {
        score = 0.0f;
        for (int c = 0; c < d; c++) {
          score += query[c] * load(args.k, args.type, k + key * args.k_row_stride + c);
        }
        if (args.bias != nullptr) {
          score += args.bias[n * args.bias_batch_stride + head * args.bias_head_stride + i * args.bias_query_stride +
                             key * args.bias_key_stride];
        }
      }
      const float before = largest;
      largest = warp_max(score > before || is_nan(score) ? score : before);
      // Where all so far are masked there is nothing to scale, and minus infinity less itself is not a number.
      const float shift = largest == minus_infinity() ? 0.0f : largest;
      const float kept = expf(before - shift);
      const float weight = expf(score - shift);
      total = total * kept + warp_sum(weight);
      share[lane] = weight;
      __syncwarp();
      const int count = (int)smaller(32, keys - first);
      LGC_UNROLL for (int j = 0; j < COLUMNS_OF_LANE; j++) {
        const int c = lane + 32 * j;
        if (c < d) {
          float sum = 0.0f;
          for (int other = 0; other < count; other++) {
            // A masked pair takes no part, whatever its value holds.
            sum += share[other] == 0.0f
                       ? 0.0f : share[other] * load(args.v, args.type, v + (first + other) * args.v_row_stride + c);
          }
          y[j] = y[j] * kept + sum;
        }
      }
      __syncwarp();
    }
    const int64_t to = n * args.dst_batch_stride + i * args.dst_row_stride + head * d;
    LGC_UNROLL for (int j = 0; j < COLUMNS_OF_LANE; j++) {
      const int c = lane + 32 * j;
      if (c < d) {
        store(args.dst, args.type, to + c, total == 0.0f ? 0.0f : y[j] / total);
      }
    }
    __syncwarp();
  }
}
