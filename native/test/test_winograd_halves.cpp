#include "winograd_instance.h"

namespace {

// Whether a convolution gives the same of its weights as halves.
void compare_halves(const Problem& problem) {
  Instance instance(problem);
  round_to_halves(instance.weights);
  instance.run();
  const lgv_winograd_weights_args& sizes = instance.weights_args;
  for (int64_t halves : {1, 2}) {
    GuardedBytes packed(instance.weights.count() * 2);
    lgv_half_pack_args pack{instance.weights, static_cast<uint16_t*>(packed.data()), sizes.output_channels,
                            sizes.input_channels, 9, halves == 2};
    CHECK_STATUS(LGV_OK, lgv_half_pack(&pack));
    Floats dst(instance.dst.count());
    lgv_winograd_args args = instance.args;
    args.weights = packed.data();
    args.halves = halves;
    args.transposed = problem.transposed;
    args.dst = dst;
    Scratch scratch(lgv_winograd_scratch_bytes(&args));
    args.scratch = scratch.data();
    args.scratch_bytes = lgv_winograd_scratch_bytes(&args);
    CHECK_STATUS(LGV_OK, lgv_winograd(&args));
    if (!dst.same_bits(instance.dst)) {
      test::fail(__FILE__, __LINE__, describe(problem) + text(", halves %ld: other results than of floats", (long)halves));
    }
  }
}

TEST("winograd", "gives the same of halves as of floats, to the last bit") {
  for (int64_t tile : {2, 4}) {
    for (bool transposed : {false, true}) {
      for (int64_t c : {1, 7, 16, 17, 33, 100, 600}) {
        for (int64_t k : {1, 15, 16, 31, 33, 70}) {
          Problem problem{1, 6, 9, c, k, tile, {1, 1, 1, 1}, true};
          problem.transposed = transposed;
          compare_halves(problem);
        }
      }
      for (Problem problem : {Problem{2, 36, 30, 20, 40, tile}, {1, 4, 5, 70, 1100, tile}}) {
        problem.transposed = transposed;
        for_thread_counts([&](int) { compare_halves(problem); });
      }
    }
  }
}

}  // namespace
