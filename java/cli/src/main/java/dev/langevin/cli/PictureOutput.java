package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** How pictures are written; looked at before they are made. */
final class PictureOutput {

  private static final Set<PictureFormat> ONE = EnumSet.of(PictureFormat.PNG, PictureFormat.JPEG, PictureFormat.WEBP);

  @Option(names = "--quality", paramLabel = "Q",
      description = "Of a JPEG, 1 to 100 (95), or of a WebP, which loses nothing without.")
  Integer quality;

  /**
   * For one picture.
   *
   * @throws IllegalArgumentException naming what cannot be
   */
  void requireOne(Path out) {
    requireQuality(out, Images.requirePictureFile(out, ONE));
  }

  /** For one picture, or frames one after another. */
  void requireOneOrFrames(Path out) {
    requireQuality(out, Images.requirePictureFile(out, EnumSet.allOf(PictureFormat.class)));
  }

  /**
   * For several pictures.
   *
   * @return whether they are frames of one file
   */
  boolean requireSeveral(Path out, long count) {
    if (PictureFile.isNamed(out) && !Files.isDirectory(out)) {
      if (PictureFormat.of(out) != PictureFormat.GIF) {
        throw new IllegalArgumentException("--out " + out + " names one picture, but there will be " + count
            + "; put them into one with --grid, end the name in .gif for an animation, or name a folder");
      }
      requireQuality(out, Images.requirePictureFile(out, EnumSet.of(PictureFormat.GIF)));
      return true;
    }
    Images.requireWritable(out); // a long run must not end at a folder that was never there
    requireQuality(out, PictureFormat.PNG);
    return false;
  }

  private void requireQuality(Path out, PictureFormat format) {
    if (quality != null && !format.hasQuality()) {
      throw new IllegalArgumentException("--quality " + quality + " is for JPEG and WebP, " + out + " is written as "
          + format + "; leave it away, or end the name in .jpg or .webp");
    }
    if (quality != null && (quality < 1 || quality > 100)) {
      throw new IllegalArgumentException("--quality is " + quality + ", must be from 1 to 100");
    }
  }
}
