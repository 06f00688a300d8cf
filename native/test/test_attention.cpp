#include "attention_instance.h"

namespace {

TEST("attention", "equals the definition in double at every head size") {
  for (int64_t d : {1, 2, 3, 5, 6, 7, 8, 13, 16, 32, 40, 64, 72, 80, 128, 160, 256, 511, 512}) {
    Instance instance({1, 2, d, 67, 77});
    CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
    instance.check();
  }
}

TEST("attention", "equals the definition in double at odd lengths") {
  for (int64_t lq : {1, 3, 15, 17, 63, 64, 65, 130}) {
    for (int64_t lk : {1, 2, 5, 63, 64, 65, 77, 200}) {
      Instance instance({2, 3, 20, lq, lk});
      CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
      instance.check();
    }
  }
}

TEST("attention", "adds a bias by its strides, masks by -inf and causally, and reads slices") {
  for (Bias bias : {Bias::NONE, Bias::FULL, Bias::KEYS_ONLY, Bias::SHARED_BY_HEADS, Bias::MASK}) {
    for (bool causal : {false, true}) {
      for (bool fused : {false, true}) {
        Instance instance({2, 3, 24, 131, 131, causal, bias, fused});
        CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
        instance.check();
      }
      for (int64_t lq : {30, 190}) {
        Instance instance({1, 2, 9, lq, 100, causal, bias});
        CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
        instance.check();
      }
    }
  }
}

// Without the running maximum exp would overflow here; a late maximum must rescale what came before.
TEST("attention", "survives scores of hundreds, and a maximum in the last block") {
  Instance large({1, 2, 32, 70, 300, false, Bias::NONE, false, 200});
  CHECK_STATUS(LGV_OK, lgv_attention(&large.args));
  large.check();
  Instance rising({1, 1, 8, 20, 300, false, Bias::KEYS_ONLY});
  for (int64_t j = 0; j < 300; j++) {
    rising.bias[j] = (float)j;
  }
  CHECK_STATUS(LGV_OK, lgv_attention(&rising.args));
  rising.check();
}

TEST("attention", "gives zeros for a query whose keys are all masked") {
  Instance instance({1, 2, 16, 70, 90, false, Bias::MASK});
  CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
  for (int64_t i = 0; i < 16; i++) {
    CHECK(instance.dst[instance.row + i] == 0);  // query 1 of the first head
  }
}

TEST("attention", "passes on what is not a number to the queries that see it") {
  Instance instance({1, 1, 16, 70, 90, true});
  instance.k[50 * 16 + 3] = NAN;
  CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
  CHECK(std::isfinite(instance.dst[49 * 16]));
  CHECK(std::isnan(instance.dst[50 * 16]));
  CHECK(std::isnan(instance.dst[69 * 16 + 5]));
}

TEST("attention", "does not depend on the number of threads, nor on the shares of scratch") {
  const Problem problem = {2, 3, 40, 300, 150, true, Bias::FULL};
  Instance first(problem);
  CHECK_STATUS(LGV_OK, lgv_attention(&first.args));
  for_thread_counts([&](int threads) {
    Instance again(problem);
    CHECK_STATUS(LGV_OK, lgv_attention(&again.args));
    CHECK(again.dst.same_bits(first.dst));
    again.args.scratch_bytes /= threads;
    Scratch one_share(again.args.scratch_bytes);
    again.args.scratch = one_share.data();
    CHECK_STATUS(LGV_OK, lgv_attention(&again.args));
    CHECK(again.dst.same_bits(first.dst));
  });
}

TEST("attention", "does not depend on the rest of the batch") {
  Instance all({3, 2, 40, 100, 77});
  CHECK_STATUS(LGV_OK, lgv_attention(&all.args));
  for (int64_t n = 0; n < 3; n++) {
    lgv_attention_args args = all.args;
    Floats one(100 * all.row);
    args.n = 1;
    args.q += n * args.q_batch_stride;
    args.k += n * args.k_batch_stride;
    args.v += n * args.v_batch_stride;
    args.dst = one;
    CHECK_STATUS(LGV_OK, lgv_attention(&args));
    int64_t wrong = 0;
    for (int64_t i = 0; i < one.count(); i++) {
      wrong += one[i] != all.dst[n * one.count() + i];
    }
    CHECK(wrong == 0);
  }
}

TEST("attention", "repeats one sample's keys by a stride of zero") {
  Instance apart({2, 2, 16, 30, 40});
  for (int64_t i = 0; i < 40 * apart.row; i++) {
    apart.k[40 * apart.row + i] = apart.k[i];
    apart.v[40 * apart.row + i] = apart.v[i];
  }
  CHECK_STATUS(LGV_OK, lgv_attention(&apart.args));
  Floats expected = apart.dst;
  apart.args.k_batch_stride = apart.args.v_batch_stride = 0;
  CHECK_STATUS(LGV_OK, lgv_attention(&apart.args));
  CHECK(apart.dst.same_bits(expected));
}

TEST("attention", "refuses what does not fit") {
  Instance good({2, 2, 16, 30, 40, false, Bias::FULL});
  auto status = [&](auto change) {
    lgv_attention_args args = good.args;
    change(args);
    return lgv_attention(&args);
  };
  typedef lgv_attention_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_attention(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.q = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.k = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.v = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.heads = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.head_size = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.head_size = 513; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.query_length = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.key_length = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.key_length = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.q_row_stride = 31; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.k_row_stride = 31; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.v_batch_stride = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.dst_row_stride = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.dst_batch_stride = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.bias_key_stride = -1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.scale = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.causal = 2; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 64; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.n = 0; }));
  CHECK(std::isnan(good.dst[0]));  // nothing was written
}

}  // namespace
