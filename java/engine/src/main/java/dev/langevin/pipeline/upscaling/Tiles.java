package dev.langevin.pipeline.upscaling;

import java.util.ArrayList;
import java.util.List;

/**
 * How a picture is cut into tiles, along each of its sides alike.
 *
 * @param side of a tile in pixels of the picture, at least 1
 * @param pad pixels around a tile that its network sees too, at least 0
 * @param seams how tiles meet
 */
public record Tiles(int side, int pad, Seams seams) {

  /** How tiles meet. */
  public enum Seams {
    /**
     * All windows are of one size, moved apart evenly, and each fades into the next over {@code pad} pixels in the
     * middle of what both see.
     */
    FADED,
    /** Each tile ends where the next begins; those at the picture's edge see less. As Real-ESRGAN's program does. */
    CUT
  }

  /**
   * A tile along one side of the picture, in its pixels.
   *
   * @param from where the network's window begins, and {@code to} where it ends
   * @param fadesIn the window's share grows from 0 here to all at {@code whole}
   * @param fadesOut it falls from all here to 0 at {@code end}
   */
  record Span(int from, int to, int fadesIn, int whole, int fadesOut, int end) {

    /** Share of the tile in the enlarged picture's pixel {@code at}; those of all tiles sum to 1. */
    float share(int at, int scale) {
      double x = (at + 0.5) / scale;
      double in = x >= whole ? 1 : (x - fadesIn) / (whole - fadesIn);
      double out = x <= fadesOut ? 1 : (end - x) / (end - fadesOut);
      return (float) Math.clamp(Math.min(in, out), 0, 1);
    }
  }

  /**
   * Checks side and pad.
   *
   * @throws IllegalArgumentException if {@code side} is below 1 or {@code pad} below 0
   */
  public Tiles {
    if (side < 1 || pad < 0) {
      throw new IllegalArgumentException(
          "tiles of " + side + " pixels with " + pad
              + " around them: the side must be at least 1, the rest at least 0");
    }
  }

  /** The tiles along a side of {@code extent} pixels. */
  List<Span> spans(int extent) {
    return seams == Seams.CUT ? cut(extent) : faded(extent);
  }

  private List<Span> cut(int extent) {
    List<Span> spans = new ArrayList<>();
    for (int first = 0; first < extent; first += side) {
      int end = (int) Math.min((long) first + side, extent);
      spans.add(new Span(Math.max(0, first - pad), (int) Math.min((long) end + pad, extent), first, first, end, end));
    }
    return spans;
  }

  private List<Span> faded(int extent) {
    long window = side + 2L * pad;
    if (extent <= window) {
      return List.of(new Span(0, extent, 0, 0, extent, extent));
    }
    int count = (int) Math.ceilDiv(extent - 2L * pad, (long) side);
    int[] starts = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = (int) (i * (extent - window) / (count - 1));
    }
    int fade = (int) Math.min(pad, (extent - window) / (count - 1)); // no pixel is of three tiles
    List<Span> spans = new ArrayList<>();
    int fadesIn = 0;
    int whole = 0;
    for (int i = 0; i < count; i++) {
      int to = (int) (starts[i] + window);
      boolean last = i == count - 1;
      int middle = last ? 0 : (starts[i + 1] + to) / 2;
      int fadesOut = last ? extent : middle - fade / 2;
      int end = last ? extent : fadesOut + fade;
      spans.add(new Span(starts[i], to, fadesIn, whole, fadesOut, end));
      fadesIn = fadesOut;
      whole = end;
    }
    return spans;
  }
}
