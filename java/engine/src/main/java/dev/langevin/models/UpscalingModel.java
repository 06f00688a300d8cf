package dev.langevin.models;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphException;
import dev.langevin.tensor.Shape;
import java.util.Map;

/** A network that makes a picture larger in one pass. */
public interface UpscalingModel {

  /** How many times wider and higher the result is. */
  int scale();

  /** Sides of a picture must be multiples of this. */
  int multiple();

  /** What white is, in the picture and in the result; black is 0. */
  double white();

  /** Pixels of the picture around one that decide what becomes of it. */
  int reach();

  /** From {@code image} (N, H, W, 3) to {@code enlarged} (N, scale H, scale W, 3), both f32. */
  Graph graph(int batch, int height, int width);

  /**
   * The extent of a weight's axis.
   *
   * @throws GraphException if there is no such weight, or none with such an axis
   */
  static int extent(Map<String, Shape> weights, String name, int axis) {
    Shape shape = weights.get(name);
    if (shape == null || axis >= shape.rank()) {
      throw new GraphException("the weight " + name + " is " + (shape == null ? "missing" : "of shape " + shape)
          + "; is it a network that makes pictures larger, and was it downloaded whole?");
    }
    return shape.intDim(axis);
  }

  /** The side of the squares that channels of a picture of three colours are folded from or spread to. */
  static int side(String name, int channels, int most) {
    for (int side = 1; side <= most; side++) {
      if (channels == 3 * side * side) {
        return side;
      }
    }
    throw new GraphException("the weight " + name + " has " + channels
        + " channels, which are no squares of red, green and blue pixels of up to " + most + " by " + most);
  }
}
