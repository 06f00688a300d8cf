package dev.langevin.cli;

import dev.langevin.image.AnimatedGif;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Pictures of one run: in one file, or one after another in a folder, each as soon as it is made. One thread. */
final class PictureSeries implements AutoCloseable {

  private static final int GAP = 2;

  /** How long each frame of an animation is shown. */
  static final int FRAME_MILLISECONDS = 120;

  /** What becomes of several pictures. */
  enum Form {
    /** Each a file. */
    FOLDER,
    /** Side by side, or one alone. */
    ONE,
    /** One after another. */
    ANIMATION
  }

  private final PictureFiles files;
  private final Path target;
  private final long count;
  private final Form form;
  private final List<BufferedImage> images = new ArrayList<>(); // of those that are put together
  private String text;
  private int written;

  /**
   * @param target the file, or the folder
   * @param count of pictures to come
   * @param quality of JPEG and WebP, or null
   * @throws ImageFileException if the disk cannot hold so many, however small
   */
  PictureSeries(Path target, long count, Form form, Integer quality) {
    this.target = target;
    this.count = count;
    this.form = form;
    this.files = new PictureFiles(quality);
    if (form == Form.FOLDER) {
      requireRoom();
    }
  }

  private void requireRoom() {
    Path place = target.toAbsolutePath();
    while (!Files.exists(place) && place.getParent() != null) {
      place = place.getParent();
    }
    try {
      FileStore disk = Files.getFileStore(place);
      if (count > disk.getUsableSpace() / disk.getBlockSize()) {
        throw new ImageFileException(
            target + ": cannot be written: " + count + " pictures take at least " + count * disk.getBlockSize()
                + " bytes, the disk has " + disk.getUsableSpace() + "; ask for fewer, or name a folder on another disk",
            null);
      }
    } catch (IOException e) {
      throw new ImageFileException(target + ": cannot be written: " + e, e);
    }
  }

  /** @param parameters that tell how the picture was made, or null */
  void add(BufferedImage image, String parameters) {
    if (form != Form.FOLDER) {
      if (images.isEmpty()) {
        requireOne(image);
        text = parameters;
      }
      images.add(image);
      return;
    }
    write(image, parameters, target.resolve("%05d.png".formatted(written)));
    written++;
  }

  private void requireOne(BufferedImage image) {
    double pixels = (double) count * (image.getWidth() + GAP) * (image.getHeight() + GAP);
    if (count > 1 && pixels > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(count + " pictures of " + image.getWidth() + "x" + image.getHeight()
          + " are too many for one; leave --grid out");
    }
  }

  private void write(BufferedImage image, String parameters, Path file) {
    files.write(image, parameters == null ? Map.of() : Map.of(GenerationParameters.KEYWORD, parameters), file);
  }

  /** Writes the one picture, where there is but one. */
  void finish() {
    if (form == Form.ANIMATION) {
      files.write(target, place -> AnimatedGif.write(images, FRAME_MILLISECONDS, text, place));
    } else if (form == Form.ONE) {
      write(Images.grid(images, (int) Math.ceil(Math.sqrt(images.size())), images.size() == 1 ? 0 : GAP), text, target);
    }
  }

  /** @throws ImageFileException if a picture could not be written where it should */
  @Override
  public void close() {
    files.close();
  }
}
