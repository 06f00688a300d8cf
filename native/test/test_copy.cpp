#include <string.h>

#include "check.h"

using namespace test;

namespace {

TEST("copy", "copies rows by their strides and nothing between them") {
  for (int64_t row_bytes : {1, 3, 64, 1000, 4096}) {
    const int64_t rows = 700;
    const int64_t src_stride = row_bytes + 5;
    const int64_t dst_stride = row_bytes + 7;
    GuardedBytes src((rows - 1) * src_stride + row_bytes);
    GuardedBytes dst((rows - 1) * dst_stride + row_bytes);
    const char* in = static_cast<const char*>(src.data());
    const char* out = static_cast<const char*>(dst.data());
    for (int64_t i = 0; i < src.bytes(); i++) {
      static_cast<char*>(src.data())[i] = (char)(i * 7 % 251);
    }
    memset(dst.data(), 77, (size_t)dst.bytes());
    lgv_copy_2d_args args{src.data(), dst.data(), rows, row_bytes, src_stride, dst_stride};
    CHECK_STATUS(LGV_OK, lgv_copy_2d(&args));
    int64_t wrong = 0;
    for (int64_t i = 0; i < dst.bytes(); i++) {
      const int64_t row = i / dst_stride;
      const int64_t column = i % dst_stride;
      wrong += out[i] != (column < row_bytes ? in[row * src_stride + column] : 77);
    }
    CHECK(wrong == 0);

    args.src_stride_bytes = 0;
    CHECK_STATUS(LGV_OK, lgv_copy_2d(&args));
    CHECK(memcmp(out + (rows - 1) * dst_stride, in, (size_t)row_bytes) == 0);
  }
}

TEST("copy", "refuses rows that overlap and bad counts") {
  char bytes[64];
  const lgv_copy_2d_args good{bytes, bytes + 32, 2, 8, 8, 8};
  auto status = [&](auto change) {
    lgv_copy_2d_args args = good;
    change(args);
    return lgv_copy_2d(&args);
  };
  typedef lgv_copy_2d_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_copy_2d(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.rows = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.dst_stride_bytes = 7; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.src_stride_bytes = -8; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.rows = INT64_MAX; }));
}

TEST("stream_copy", "copies every byte, and asks for alignment") {
  for (int64_t bytes : {16, 48, 4096, 1 << 20}) {
    Scratch src(bytes), dst(bytes);
    memset(src.data(), 3, (size_t)bytes);
    memset(dst.data(), 0, (size_t)bytes);
    lgv_stream_copy_args args{src.data(), dst.data(), bytes};
    CHECK_STATUS(LGV_OK, lgv_stream_copy(&args));
    CHECK(memcmp(src.data(), dst.data(), (size_t)bytes) == 0);
    args.src = static_cast<const char*>(args.src) + 4;
    CHECK_STATUS(LGV_BAD_VALUE, lgv_stream_copy(&args));
    args.bytes = 15;
    CHECK_STATUS(LGV_BAD_SIZE, lgv_stream_copy(&args));
  }
}

}  // namespace
