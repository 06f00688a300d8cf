package dev.langevin.request;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * How a picture too large for one piece goes through an autoencoder: in overlapping tiles, each fading into the next,
 * so that memory is that of a tile. The tiles are diffusers': each begins {@code 1 - overlap} of a tile after the one
 * before, and those at the edges are cut.
 *
 * @param side of a tile in the latents' pixels, at least 2
 * @param overlap share of a tile that it has in common with the next, in (0, 1)
 */
public record Tiling(int side, double overlap) {

  /** Tiles of 512 pixels with a quarter in common. */
  public static final Tiling DEFAULT = new Tiling(64, 0.25);

  /**
   * Checks side and overlap.
   *
   * @throws IllegalArgumentException naming what is out of its range
   */
  public Tiling {
    if (side < 2 || !(overlap > 0 && overlap < 1)) {
      throw new IllegalArgumentException(
          "tiles of side " + side + " that overlap by " + overlap
              + ": the side must be at least 2, the overlap between 0 and 1");
    }
  }

  private record Place(int row, int column, int top, int left, int height, int width) {}

  /**
   * Puts a picture through a network tile by tile, and joins the results, which fade into each other.
   *
   * @param picture (N, C, H, W) f32
   * @param from side of a tile of the picture, and {@code to} of a tile of the result
   * @param network from (N, C, h, w) to (N, C', h to / from, w to / from); its result is memory of its own, and written
   *   to
   * @return (N, C', H to / from, W to / from), in memory of its own
   */
  public Tensor map(Tensor picture, int from, int to, UnaryOperator<Tensor> network) {
    int step = Math.max(1, (int) (from * (1 - overlap)));
    int extent = (int) (to * overlap);
    int kept = to - extent;
    Shape shape = picture.shape();
    List<Place> places = new ArrayList<>();
    for (int top = 0, row = 0; top < shape.dim(2); top += step, row++) {
      for (int left = 0, column = 0; left < shape.dim(3); left += step, column++) {
        places.add(new Place(row, column, top, left,
            Math.min(from, shape.intDim(2) - top), Math.min(from, shape.intDim(3) - left)));
      }
    }
    int rows = places.getLast().row + 1;
    int columns = places.getLast().column + 1;
    Tensor[][] tiles = new Tensor[rows][columns];
    // one size after another, the whole ones last: a network's plan is for one size, and theirs is needed again next
    // time
    places.sort(Comparator.comparingInt(Place::height).thenComparingInt(Place::width));
    for (Place place : places) {
      tiles[place.row][place.column] = network.apply(cut(picture, place));
    }
    return join(tiles, extent, kept);
  }

  private static Tensor cut(Tensor picture, Place place) {
    Shape shape = picture.shape();
    Tensor tile = Tensor.allocate(picture.dtype(), Shape.of(shape.dim(0), shape.dim(1), place.height, place.width));
    long planes = shape.dim(0) * shape.dim(1);
    for (long plane = 0; plane < planes; plane++) {
      for (int y = 0; y < place.height; y++) {
        long source = (plane * shape.dim(2) + place.top + y) * shape.dim(3) + place.left;
        MemorySegment.copy(picture.data(), source * 4, tile.data(), (plane * place.height + y) * place.width * 4,
            place.width * 4L);
      }
    }
    return tile;
  }

  private static Tensor join(Tensor[][] tiles, int extent, int kept) {
    Tensor last = tiles[tiles.length - 1][tiles[0].length - 1];
    int height = (tiles.length - 1) * kept + Math.min(kept, last.shape().intDim(2));
    int width = (tiles[0].length - 1) * kept + Math.min(kept, last.shape().intDim(3));
    Tensor whole = Tensor.allocate(last.dtype(), last.shape().with(2, height).with(3, width));
    for (int row = 0; row < tiles.length; row++) {
      for (int column = 0; column < tiles[row].length; column++) {
        Tensor tile = tiles[row][column];
        if (row > 0) {
          blend(tiles[row - 1][column], tile, extent, 2);
        }
        if (column > 0) {
          blend(tiles[row][column - 1], tile, extent, 3);
        }
        paste(tile, whole, row * kept, column * kept, kept);
      }
    }
    return whole;
  }

  /** Fades the end of {@code before} into the beginning of {@code tile}, along axis 2 or 3. */
  private static void blend(Tensor before, Tensor tile, int extent, int axis) {
    Shape shape = tile.shape();
    int length = Math.min(extent, Math.min(before.shape().intDim(axis), shape.intDim(axis)));
    int height = axis == 2 ? length : shape.intDim(2);
    int width = axis == 3 ? length : shape.intDim(3);
    long planes = shape.dim(0) * shape.dim(1);
    for (long plane = 0; plane < planes; plane++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int above = axis == 2 ? before.shape().intDim(2) - length + y : y;
          int beside = axis == 3 ? before.shape().intDim(3) - length + x : x;
          float share = (float) (axis == 2 ? y : x) / length;
          long from = (plane * before.shape().dim(2) + above) * before.shape().dim(3) + beside;
          long to = (plane * shape.dim(2) + y) * shape.dim(3) + x;
          float value = before.data().getAtIndex(ValueLayout.JAVA_FLOAT, from) * (1 - share)
              + tile.data().getAtIndex(ValueLayout.JAVA_FLOAT, to) * share;
          tile.data().setAtIndex(ValueLayout.JAVA_FLOAT, to, value);
        }
      }
    }
  }

  private static void paste(Tensor tile, Tensor whole, int top, int left, int kept) {
    int height = Math.min(kept, tile.shape().intDim(2));
    int width = Math.min(kept, tile.shape().intDim(3));
    long planes = tile.shape().dim(0) * tile.shape().dim(1);
    for (long plane = 0; plane < planes; plane++) {
      for (int y = 0; y < height; y++) {
        MemorySegment.copy(tile.data(), (plane * tile.shape().dim(2) + y) * tile.shape().dim(3) * 4, whole.data(),
            ((plane * whole.shape().dim(2) + top + y) * whole.shape().dim(3) + left) * 4, width * 4L);
      }
    }
  }
}
