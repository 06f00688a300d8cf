package dev.langevin.training.data;

import dev.langevin.image.PictureFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where in each picture a loss counts, as kohya's scripts have it: white in full, black not at all. Masks are pictures
 * of a folder with the names of those that they belong to, whatever their endings, of which the red channel is read; or
 * the pictures' own alpha, whole where a picture has none. All are read at opening. Any number of threads may ask.
 */
public final class Masks {

  private final Dataset dataset;
  private final List<Path> files; // by example; null for the pictures' own alpha

  private Masks(Dataset dataset, List<Path> files) {
    this.dataset = dataset;
    this.files = files;
  }

  /**
   * The masks of a folder. They lie as the pictures do, or all in the folder itself.
   *
   * @throws DatasetException naming pictures without a mask, and masks of another size or that are black throughout
   */
  public static Masks of(Dataset dataset, Path folder) {
    Map<String, Path> all = stems(folder);
    List<Path> files = new ArrayList<>();
    Map<String, String> missing = new LinkedHashMap<>();
    for (int i = 0; i < dataset.size(); i++) {
      String stem = stem(dataset.annotation(i).name());
      Path file = all.getOrDefault(stem, all.get(stem.substring(stem.lastIndexOf('/') + 1)));
      files.add(file);
      if (file == null) {
        missing.put(dataset.annotation(i).name(), "");
      }
    }
    if (!missing.isEmpty()) {
      throw new DatasetException(missing.size() + " pictures have no mask in " + folder + ": "
          + DatasetException.some(List.copyOf(missing.keySet()))
          + "; put pictures of the same names there, white where all is to be learned");
    }
    Masks masks = new Masks(dataset, files);
    masks.check();
    return masks;
  }

  /**
   * The pictures' own alpha.
   *
   * @throws DatasetException if no picture has any, or one is transparent throughout
   */
  public static Masks ofAlpha(Dataset dataset) {
    boolean any = false;
    for (int i = 0; i < dataset.size() && !any; i++) {
      any = dataset.picture(i).channels() % 2 == 0;
    }
    if (!any) {
      throw new DatasetException("none of the " + dataset.size() + " pictures has an alpha channel, which is to be"
          + " their mask; give masks as a folder, or leave them out");
    }
    Masks masks = new Masks(dataset, null);
    masks.check();
    return masks;
  }

  private static Map<String, Path> stems(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DatasetException(folder + " is not a folder of masks");
    }
    try (Stream<Path> files = Files.walk(folder)) {
      Map<String, Path> stems = new HashMap<>();
      files.filter(file -> Files.isRegularFile(file) && PictureFile.isNamed(file)).sorted().forEach(file -> {
        String stem = stem(folder.relativize(file).toString().replace('\\', '/'));
        Path other = stems.put(stem, file);
        if (other != null) {
          throw new DatasetException(other + " and " + file + " are masks of one picture; remove one of them");
        }
      });
      return stems;
    } catch (IOException e) {
      throw new DatasetException(folder + " cannot be listed: " + e, e);
    }
  }

  private static String stem(String name) {
    return name.replaceFirst("\\.[^./]*$", "");
  }

  private void check() {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      Picture mask = mask(i);
      String name = dataset.annotation(i).name();
      if (mask.width() != dataset.width(i) || mask.height() != dataset.height(i)) {
        wrong.add(name + " (" + dataset.width(i) + "x" + dataset.height(i) + ", its mask " + mask.width() + "x"
            + mask.height() + ")");
      } else if (!any(mask.samples())) {
        wrong.add(name + (files == null ? " (transparent throughout)" : " (its mask is black throughout)"));
      }
    }
    if (!wrong.isEmpty()) {
      throw new DatasetException("masks of " + wrong.size() + " pictures are of no use: "
          + DatasetException.some(wrong) + "; a mask has its picture's size, and is white where that is to be learned");
    }
  }

  private static boolean any(byte[] samples) {
    for (byte sample : samples) {
      if (sample != 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * An example's mask, gray, of its picture's size.
   *
   * @throws DatasetException if it cannot be read
   */
  public Picture mask(int index) {
    Picture source = files == null ? dataset.picture(index) : read(files.get(index));
    int channels = source.channels();
    int plane = files == null ? channels - 1 : 0; // alpha is the last
    byte[] samples = new byte[source.width() * source.height()];
    if (files == null && channels % 2 != 0) {
      Arrays.fill(samples, (byte) 255);
    } else {
      for (int i = 0; i < samples.length; i++) {
        samples[i] = source.samples()[i * channels + plane];
      }
    }
    return new Picture(source.width(), source.height(), 1, samples);
  }

  private static Picture read(Path file) {
    try {
      return Picture.of(PictureFile.read(file));
    } catch (IOException e) {
      throw new DatasetException("the mask " + file + " " + e.getMessage() + "; repair it", e);
    }
  }

  /** Adds all masks that lie in a folder to a digest. */
  public void digest(MessageDigest digest) {
    for (int i = 0; files != null && i < files.size(); i++) {
      FileDigest.add(files.get(i), Long.MAX_VALUE, digest);
    }
  }

  /**
   * A mask at the size of latents: the mean of each one's pixels, as torch's {@code interpolate(mode="area")}.
   *
   * @param pixels (height, width), from 0 to 1
   */
  public static float[] area(float[] pixels, int height, int width, int toHeight, int toWidth) {
    float[] means = new float[toHeight * toWidth];
    for (int y = 0; y < toHeight; y++) {
      int top = y * height / toHeight;
      int bottom = ((y + 1) * height + toHeight - 1) / toHeight;
      for (int x = 0; x < toWidth; x++) {
        int left = x * width / toWidth;
        int right = ((x + 1) * width + toWidth - 1) / toWidth;
        double sum = 0;
        for (int row = top; row < bottom; row++) {
          for (int column = left; column < right; column++) {
            sum += pixels[row * width + column];
          }
        }
        means[y * toWidth + x] = (float) (sum / ((bottom - top) * (right - left)));
      }
    }
    return means;
  }
}
