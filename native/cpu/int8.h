// The sizes that an 8-bit layer is worked in, and the places of its packed weights and of a thread's scratch.
//
// A task is a band of rows of one picture, or of rows of a matrix, and a range of result channels. Its thread writes the band's
// values as bytes into its share of the scratch, with the zeros around a picture, and multiplies from there.
#ifndef LANGEVIN_CPU_INT8_H
#define LANGEVIN_CPU_INT8_H

#include "langevin.h"
#include "sizes.h"

namespace lgv {
namespace {

// Source channels lie in whole blocks of these, result channels in whole panels, both filled up with zeros.
constexpr int64_t INT8_BLOCK = 16;
constexpr int64_t INT8_PANEL = 32;

// Pixels whose results are held in registers at once.
#if defined(__AVX512F__)
constexpr int64_t INT8_TILE = 12;
#else
constexpr int64_t INT8_TILE = 4;
#endif

// What of a core's second-level cache a band's bytes may fill; the rest is for weights.
constexpr int64_t INT8_BAND_BYTES = 384 << 10;
constexpr int64_t INT8_BAND_PIXELS = 768;

inline int64_t rounded_up(int64_t value, int64_t unit) { return divide_up(value, unit) * unit; }

// Packed weights: for each panel, tap and 4 source channels the 4 bytes of each of the panel's result channels; then each result
// channel's scale (f32) and the sum of its bytes (int32).
struct Int8Weights {
  int64_t taps, c, k;  // c and k filled up

  Int8Weights(int64_t input_channels, int64_t output_channels, int64_t kernel)
      : taps(kernel * kernel), c(rounded_up(input_channels, INT8_BLOCK)), k(rounded_up(output_channels, INT8_PANEL)) {}

  int64_t panel_bytes() const { return taps * c * INT8_PANEL; }
  int64_t scales_offset() const { return taps * c * k; }
  int64_t sums_offset() const { return scales_offset() + k * 4; }
  int64_t bytes() const { return sums_offset() + k * 4; }
};

struct Int8Shape {
  int64_t kernel, stride;
  int64_t height, width;        // of dst; a matrix is a picture of one row
  int64_t c, pixel_bytes;       // source channels with their filling, and from pixel to pixel in the scratch
  int64_t panels;
  int64_t band_height, band_width;  // largest, of results
  int64_t bands;                // of a picture
  int64_t source_width;         // of a band in the scratch, with its zeros

  explicit Int8Shape(const lgv_int8_args& args) {
    kernel = args.kernel;
    stride = args.stride;
    height = (args.height + args.pad_top + args.pad_bottom - kernel) / stride + 1;
    width = (args.width + args.pad_left + args.pad_right - kernel) / stride + 1;
    if (kernel == 1) {
      width *= height;
      height = 1;
    }
    c = rounded_up(args.input_channels, INT8_BLOCK);
    pixel_bytes = c % 1024 == 0 ? c + 64 : c;  // pixels side by side must not fall into the same few sets of the cache
    panels = divide_up(args.output_channels, INT8_PANEL);
    const int64_t fitting = smaller(INT8_BAND_PIXELS, INT8_BAND_BYTES / pixel_bytes);
    if (kernel == 1) {
      band_height = 1;
      band_width = smaller(width, fitting < 12 ? 12 : fitting / 12 * 12);
      bands = divide_up(width, band_width);
      source_width = band_width;
    } else {
      source_width = (width - 1) * stride + kernel;
      const int64_t rows = (fitting / source_width - kernel) / stride + 1;
      band_height = smaller(height, rows < 1 ? 1 : rows);
      bands = divide_up(height, band_height);
      band_height = divide_up(height, bands);  // of nearly one size
      band_width = width;
    }
  }

  int64_t source_height() const { return (band_height - 1) * stride + kernel; }
  int64_t source_bytes() const { return rounded_up(source_height() * source_width * pixel_bytes, 64); }
  // A share: the band's bytes, then the scale (f32) and zero (int32) of each result pixel.
  int64_t scales_bytes() const { return rounded_up(band_height * band_width * 4, 64); }
  int64_t share_bytes() const { return source_bytes() + 2 * scales_bytes(); }
};

}  // namespace
}  // namespace lgv

#endif
