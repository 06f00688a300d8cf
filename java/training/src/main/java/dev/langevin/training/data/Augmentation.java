package dev.langevin.training.data;

import dev.langevin.image.Resampling;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How a picture becomes a training sample (channels, height, width) of f32 in [-1, 1], value = x / 127.5 - 1. In this
 * order: laid over the background, made gray where asked for, resized, cropped, mirrored, padded, shifted.
 *
 * <p>
 * A picture that is larger than the sample is first made smaller as {@link Fit} says. An axis on which it then is
 * larger than the sample is cropped. One on which it is smaller is padded evenly on both sides with the background, if
 * {@code pad} allows it: a picture is never enlarged without being asked for.
 *
 * @param channels 1 gray (luma by ITU-R BT.601) or 3 RGB
 * @param height of the sample, pixels
 * @param width of the sample, pixels
 * @param resize length that the shorter side gets first, pixels, as torchvision does; 0 leaves pictures as they are
 * @param fit what is done to larger pictures where {@code resize} is 0
 * @param resampling filter of both
 * @param crop which part of a larger picture is taken
 * @param pad whether pictures may be smaller than the sample
 * @param flip probability that a picture is mirrored left to right, if its annotation allows it
 * @param shift pixels that the sample is moved at most, by a random whole number each way on each axis; what it leaves
 *   free becomes background
 * @param background 0xRRGGBB behind transparent pixels, padding and shifted samples
 */
public record Augmentation(int channels, int height, int width, int resize, Fit fit, Resampling resampling,
    Crop crop, boolean pad, double flip, int shift, int background) {

  /** How a picture larger than the sample is made smaller. */
  public enum Fit {
    /** Not at all: it is cropped. */
    CROP,
    /** Until it just covers the sample, if it is larger both ways; then it is cropped. */
    COVER,
    /** Until it just covers the sample, larger too; then it is cropped. */
    FILL,
    /** Until it fits within the sample; the rest is background. */
    CONTAIN,
    /** Each axis for itself. */
    STRETCH
  }

  /** Which part of a larger picture becomes the sample. */
  public enum Crop {
    /** The middle; half pixels are rounded to even, as torchvision's CenterCrop does. */
    CENTRE,
    /** Any, all with the same probability. */
    RANDOM
  }

  /** White, as paper. */
  public static final int WHITE = 0xffffff;

  /** Black, as the ground of handwritten digits. */
  public static final int BLACK = 0;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** As Images.toSignedUnit computes it, so that training and inference see the same numbers. */
  private static final float[] SIGNED_UNIT = new float[256];

  static {
    for (int x = 0; x < 256; x++) {
      SIGNED_UNIT[x] = x / 127.5f - 1;
    }
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number lies outside its range
   */
  public Augmentation {
    require(channels == 1 || channels == 3, "channels is " + channels + ", must be 1 (gray) or 3 (RGB)");
    require(height >= 1 && width >= 1, "the sample is " + width + "x" + height + " pixels, must be at least 1x1");
    require(resize >= 0, "resize is " + resize + ", must be the shorter side in pixels, or 0 for none");
    require(flip >= 0 && flip <= 1, "flip is " + flip + ", must be a probability from 0 to 1");
    require(shift >= 0 && shift < Math.min(height, width),
        "shift is " + shift + ", must be from 0 to less than the sample's "
            + Math.min(height, width) + " pixels");
    require(background >= 0 && background <= WHITE, "background is " + background + ", must be 0xRRGGBB");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException("augmentation: " + message);
    }
  }

  /** Square samples of pictures that are as large or larger: no resizing, the middle, no chance, on white. */
  public static Augmentation of(int channels, int side) {
    return new Augmentation(channels, side, side, 0, Fit.CROP, Resampling.BICUBIC, Crop.CENTRE, false, 0, 0, WHITE);
  }

  /** The shorter side is first made this long. */
  public Augmentation resizing(int shorterSide, Resampling filter) {
    return new Augmentation(channels, height, width, shorterSide, Fit.CROP, filter, crop, pad, flip, shift, background);
  }

  /** Larger pictures are made smaller in that way. */
  public Augmentation fitting(Fit way) {
    return new Augmentation(channels, height, width, 0, way, resampling, crop, pad, flip, shift, background);
  }

  /** The same part of a mask: gray, black where the picture is padded. */
  public Augmentation ofMask() {
    return new Augmentation(1, height, width, resize, fit, resampling, crop, pad, flip, shift, BLACK);
  }

  /** Samples of another size, which every picture is brought to cover. */
  public Augmentation filling(int sampleWidth, int sampleHeight) {
    return new Augmentation(channels, sampleHeight, sampleWidth, 0, Fit.FILL, resampling, crop, pad, flip, shift,
        background);
  }

  /** That part of a larger picture is taken. */
  public Augmentation cropping(Crop part) {
    return new Augmentation(channels, height, width, resize, fit, resampling, part, pad, flip, shift, background);
  }

  /** Smaller pictures are padded. */
  public Augmentation padding() {
    return new Augmentation(channels, height, width, resize, fit, resampling, crop, true, flip, shift, background);
  }

  /** Pictures are mirrored left to right with that probability, 0 to 1, where their annotations allow it. */
  public Augmentation flipping(double probability) {
    return new Augmentation(channels, height, width, resize, fit, resampling, crop, pad, probability, shift,
        background);
  }

  /** Samples are moved by a random whole number of pixels, at most so many each way on each axis. */
  public Augmentation shifting(int most) {
    return new Augmentation(channels, height, width, resize, fit, resampling, crop, pad, flip, most, background);
  }

  /** The background is that colour, 0xRRGGBB. */
  public Augmentation on(int rgb) {
    return new Augmentation(channels, height, width, resize, fit, resampling, crop, pad, flip, shift, rgb);
  }

  /** Whether a picture of that size makes a sample. */
  public boolean fits(int pictureWidth, int pictureHeight) {
    Size made = resized(pictureWidth, pictureHeight);
    boolean within = fit == Fit.CONTAIN && resize == 0 && (pictureWidth > width || pictureHeight > height);
    return pad || within || made.width >= width && made.height >= height;
  }

  private record Size(int width, int height) {}

  /**
   * What a picture of w x h pixels becomes before it is cropped; lengths are cut to whole pixels, as torchvision does.
   */
  private Size resized(int w, int h) {
    if (resize > 0) {
      int shorter = Math.min(w, h);
      return new Size((int) ((long) resize * w / shorter), (int) ((long) resize * h / shorter));
    }
    boolean wider = (long) w * height >= (long) h * width; // than the sample
    Size byHeight = new Size((int) Math.max(1, (long) w * height / h), height);
    Size byWidth = new Size(width, (int) Math.max(1, (long) h * width / w));
    return switch (fit) {
      case COVER -> w > width && h > height ? wider ? byHeight : byWidth : new Size(w, h);
      case FILL -> wider ? byHeight : byWidth;
      case CONTAIN -> w > width || h > height ? wider ? byWidth : byHeight : new Size(w, h);
      case STRETCH -> new Size(Math.min(w, width), Math.min(h, height));
      case CROP -> new Size(w, h);
    };
  }

  /**
   * A sample.
   *
   * @param seed decides all that is left to chance
   * @return (channels, height, width) f32
   * @throws IllegalArgumentException if the picture is too small and may not be padded
   */
  public Tensor apply(Picture picture, boolean flippable, long seed) {
    Tensor sample = Tensor.allocate(DType.F32, Shape.of(channels, height, width));
    write(picture, flippable, new CounterRandom(seed, CounterRandom.Purpose.AUGMENTATION, 0), sample.data());
    return sample;
  }

  /** @param dst (channels, height, width) f32 */
  void write(Picture picture, boolean flippable, CounterRandom random, MemorySegment dst) {
    if (!fits(picture.width(), picture.height())) {
      throw new IllegalArgumentException(tooSmall(picture.width(), picture.height()));
    }
    int[] pixels = picture.over(background); // (h, w) 0xRRGGBB
    for (int i = 0; channels == 1 && i < pixels.length; i++) {
      pixels[i] = gray(pixels[i]);
    }
    int outside = channels == 1 ? gray(background) : background;
    Place place = place(picture.width(), picture.height(), flippable, random);
    int w = place.width;
    int h = place.height;
    if (w != picture.width() || h != picture.height()) {
      pixels = resampled(pixels, picture.width(), picture.height(), w, h);
    }
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int x0 = x - place.right; // before the shift
        int y0 = y - place.down;
        boolean inside = x0 >= 0 && x0 < width && y0 >= 0 && y0 < height;
        int column = place.left + (place.mirrored ? width - 1 - x0 : x0);
        int row = place.top + y0;
        inside &= column >= 0 && column < w && row >= 0 && row < h;
        int pixel = inside ? pixels[row * w + column] : outside;
        for (int c = 0; c < channels; c++) {
          dst.setAtIndex(FLOAT, (long) (c * height + y) * width + x, SIGNED_UNIT[pixel >> 16 - 8 * c & 255]);
        }
      }
    }
  }

  /**
   * Where a sample comes from, in pixels: of the picture that was resized to width x height the part from (left, top)
   * on, negative where it is padded, mirrored, then moved to the right and down.
   */
  public record Place(int width, int height, int left, int top, boolean mirrored, int right, int down) {

    /** Rows of the resized picture above the sample. */
    public int cutAbove() {
      return Math.max(0, top - down);
    }

    /**
     * Columns of the resized and mirrored picture left of the sample.
     *
     * @param sampleWidth of the sample
     */
    public int cutLeft(int sampleWidth) {
      return Math.max(0, (mirrored ? width - sampleWidth - left : left) - right);
    }
  }

  /** Where {@link #apply} takes the sample of a picture of that size from, with the same seed. */
  public Place place(int pictureWidth, int pictureHeight, boolean flippable, long seed) {
    return place(pictureWidth, pictureHeight, flippable,
        new CounterRandom(seed, CounterRandom.Purpose.AUGMENTATION, 0));
  }

  private Place place(int pictureWidth, int pictureHeight, boolean flippable, CounterRandom random) {
    Size made = resized(pictureWidth, pictureHeight);
    // Always drawn, whatever is asked for: an option switched on leaves the others' outcomes as they were.
    int left = start(made.width, width, random);
    int top = start(made.height, height, random);
    boolean mirrored = random.unit() < flip && flippable;
    int right = random.below(2 * shift + 1) - shift;
    int down = random.below(2 * shift + 1) - shift;
    return new Place(made.width, made.height, left, top, mirrored, right, down);
  }

  /** Luma as Pillow rounds it, as a gray pixel. */
  private static int gray(int rgb) {
    int luma = (rgb >> 16 & 255) * 19595 + (rgb >> 8 & 255) * 38470 + (rgb & 255) * 7471; // shares of 65536
    return (luma + 0x8000 >> 16) * 0x010101;
  }

  private int[] resampled(int[] pixels, int fromWidth, int fromHeight, int toWidth, int toHeight) {
    BufferedImage image = new BufferedImage(fromWidth, fromHeight, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, fromWidth, fromHeight, pixels, 0, fromWidth);
    return resampling.resize(image, toWidth, toHeight).getRGB(0, 0, toWidth, toHeight, null, 0, toWidth);
  }

  /** Where the sample begins on an axis of the picture; negative where it is padded. */
  private int start(int from, int to, CounterRandom random) {
    int spare = from - to;
    int any = random.below(Math.max(0, spare) + 1);
    return spare <= 0 ? -(-spare / 2) : crop == Crop.RANDOM ? any : (int) Math.rint(spare / 2.0);
  }

  String tooSmall(int pictureWidth, int pictureHeight) {
    Size made = resized(pictureWidth, pictureHeight);
    boolean same = made.width == pictureWidth && made.height == pictureHeight;
    return pictureWidth + "x" + pictureHeight + " pixels"
        + (same ? "" : ", resized to " + made.width + "x" + made.height + ",")
        + " are fewer than the sample's " + width + "x" + height
        + "; resize to a longer shorter side, or allow padding";
  }
}
