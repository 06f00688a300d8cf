package dev.langevin.training.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Sizes of samples for pictures of different proportions, by the rule of kohya's scripts: widths in steps, each with
 * the largest height in steps that keeps the area within the square's, both ways round. A picture goes to the size of
 * its own pixels if there is one, else to that whose ratio of width to height is nearest.
 *
 * @param sizes ascending by width, then height
 */
public record Buckets(List<Size> sizes) {

  /** In pixels. */
  public record Size(int width, int height) {
    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  /** Copies {@code sizes}. */
  public Buckets {
    sizes = List.copyOf(sizes);
  }

  /**
   * The sizes whose area is at most side * side.
   *
   * @param step of which both sides are multiples
   * @param shortest least side
   * @param longest greatest side
   * @throws IllegalArgumentException if that leaves no square
   */
  public static Buckets of(int side, int step, int shortest, int longest) {
    if (step < 1 || step > side || shortest > side || longest < side) {
      throw new IllegalArgumentException("buckets of " + side + "x" + side + " pixels have steps of 1 to " + side
          + ", a shortest side of at most " + side + " and a longest of at least that; not a step of " + step
          + ", shortest " + shortest + ", longest " + longest);
    }
    TreeSet<Size> sizes = new TreeSet<>(Comparator.comparingInt(Size::width).thenComparingInt(Size::height));
    int square = side / step * step;
    sizes.add(new Size(square, square));
    for (int width = (shortest + step - 1) / step * step; width <= longest; width += step) {
      int height = Math.min(longest, (int) ((long) side * side / width)) / step * step;
      if (height >= shortest && height > 0) {
        sizes.add(new Size(width, height));
        sizes.add(new Size(height, width));
      }
    }
    return new Buckets(new ArrayList<>(sizes));
  }

  /** The place, among the sizes, of that for a picture. */
  public int of(int width, int height) {
    int nearest = sizes.indexOf(new Size(width, height));
    if (nearest >= 0) {
      return nearest;
    }
    double ratio = (double) width / height;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < sizes.size(); i++) {
      double error = Math.abs((double) sizes.get(i).width / sizes.get(i).height - ratio);
      if (error < least) {
        least = error;
        nearest = i;
      }
    }
    return nearest;
  }
}
