package dev.langevin.pipeline.upscaling;

import java.util.Arrays;
import java.util.List;

/**
 * The enlarged picture's rows that tiles still add to. Each tile adds with its share; rows that the tiles ahead do not
 * reach leave.
 */
final class Band {

  private final int width;
  private final List<Tiles.Span> rows;
  private final int scale;
  private final UpscalingNetwork.Sink sink;
  private final float[] sums; // of rows from `top` on
  private int top;

  Band(int width, List<Tiles.Span> rows, int scale, UpscalingNetwork.Sink sink) {
    this.width = width;
    this.rows = rows;
    this.scale = scale;
    this.sink = sink;
    int highest = rows.stream().mapToInt(row -> row.end() - row.fadesIn()).max().orElse(0);
    sums = new float[Math.multiplyExact(3 * width, highest * scale)];
  }

  /**
   * Adds a tile.
   *
   * @param values (H, W, 3) of the whole window, from its first pixel on
   * @param rowPixels of a row of these
   */
  void add(Tiles.Span row, Tiles.Span column, float[] values, int rowPixels) {
    int left = column.fadesIn() * scale;
    int right = column.end() * scale;
    float[] shares = new float[right - left];
    for (int x = left; x < right; x++) {
      shares[x - left] = column.share(x, scale);
    }
    for (int y = row.fadesIn() * scale; y < row.end() * scale; y++) {
      float share = row.share(y, scale);
      int from = ((y - row.from() * scale) * rowPixels + left - column.from() * scale) * 3;
      int to = ((y - top) * width + left) * 3;
      for (int x = 0; x < shares.length; x++) {
        for (int k = 0; k < 3; k++) {
          sums[to + 3 * x + k] += share * shares[x] * values[from + 3 * x + k];
        }
      }
    }
  }

  /** All tiles of a row have been added. */
  void finish(int row) {
    int end = rows.get(row).end() * scale;
    int next = row + 1 < rows.size() ? rows.get(row + 1).fadesIn() * scale : end;
    for (int y = top; y < next; y++) {
      sink.row(y, sums, (y - top) * width * 3);
    }
    int kept = (end - next) * width * 3;
    System.arraycopy(sums, (next - top) * width * 3, sums, 0, kept);
    Arrays.fill(sums, kept, sums.length, 0);
    top = next;
  }
}
