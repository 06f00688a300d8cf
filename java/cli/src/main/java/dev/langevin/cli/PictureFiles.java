package dev.langevin.cli;

import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import dev.langevin.image.PictureFormat;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes what a command has made. What cannot be written where it should, as the disk is full or gone, is not lost: it
 * goes into a temporary folder, and so does all that follows; closing says where. One thread.
 */
final class PictureFiles implements AutoCloseable {

  /** What writes a file. */
  @FunctionalInterface
  interface Contents {
    /** @throws ImageFileException if the place cannot be written */
    void write(Path file);
  }

  private final Integer quality;
  private Path refuge; // or null while all goes well
  private ImageFileException failure;
  private Path last;
  private int kept;

  PictureFiles() {
    this(null);
  }

  /** @param quality of JPEG and WebP, or null */
  PictureFiles(Integer quality) {
    this.quality = quality;
  }

  void write(BufferedImage image, Path file) {
    write(image, Map.of(), file);
  }

  /** A picture of the format that its file's name says, with texts by their keywords. */
  void write(BufferedImage image, Map<String, String> texts, Path file) {
    PictureFormat format = PictureFormat.of(file);
    Map<String, String> held = texts;
    if (!format.holds(texts.values())) {
      Messages
          .warn(file + ": a " + format + " cannot hold parameters of so many letters, they are left out; write a PNG");
      held = Map.of();
    }
    if (format.holds(image)) {
      Map<String, String> kept = held;
      write(file, place -> Images.write(image, place, format, kept, quality));
    } else { // better than losing it
      Path other = file.resolveSibling(file.getFileName() + ".png");
      Messages.warn(file + ": a " + format + " cannot hold a picture of " + image.getWidth() + "x" + image.getHeight()
          + " pixels, it is written as " + other);
      write(other, place -> Images.write(image, place, PictureFormat.PNG, texts, null));
    }
  }

  /** Writes a file and prints its name. */
  void write(Path file, Contents contents) {
    if (refuge == null) {
      try {
        folder(file);
        contents.write(file);
        Output.file(file);
        return;
      } catch (ImageFileException e) {
        failure = e;
      }
    }
    try {
      refuge = refuge == null ? Files.createTempDirectory("langevin-pictures") : refuge;
      last = refuge.resolve(file.getFileName());
      contents.write(last);
      kept++;
    } catch (IOException | ImageFileException e) {
      throw new ImageFileException(
          failure.getMessage() + "; nor can it be kept in the temporary folder: " + e.getMessage(), e);
    }
  }

  private static void folder(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new ImageFileException(file + ": cannot be written (" + e + "); name a folder that exists and is writable",
          e);
    }
  }

  /** @throws ImageFileException if something could not be written where it should */
  @Override
  public void close() {
    if (kept > 0) {
      throw new ImageFileException(failure.getMessage() + "; " + (kept == 1 ? "the result is kept as " + last
          : kept + " results are kept in " + refuge), failure);
    }
  }
}
