package dev.langevin.server.sdapi;

/** A part of a picture in its pixels. */
record Rectangle(int x, int y, int width, int height) {

  /**
   * Grown about its middle to the shape of what is made of it, and moved back into a picture of {@code w} by {@code h};
   * cut off where it is larger than that.
   */
  Rectangle shapedAs(int madeWidth, int madeHeight, int w, int h) {
    if ((long) width * madeHeight > (long) madeWidth * height) {
      int[] rows = grown(y, height, (int) ((double) width * madeHeight / madeWidth), h);
      return new Rectangle(x, rows[0], width, rows[1]);
    }
    int[] columns = grown(x, width, (int) ((double) height * madeWidth / madeHeight), w);
    return new Rectangle(columns[0], y, columns[1], height);
  }

  /** Start and length. */
  private static int[] grown(int start, int length, int wanted, int limit) {
    int most = Math.min(wanted, limit);
    int first = start - (wanted - length) / 2;
    return new int[] {Math.clamp(first, 0, limit - most), most};
  }
}
