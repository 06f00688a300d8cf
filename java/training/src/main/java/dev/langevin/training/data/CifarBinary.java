package dev.langevin.training.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary versions of CIFAR-10 and CIFAR-100: records of one or two labels and 32x32 RGB pixels, channel after
 * channel. All is kept in memory.
 *
 * <p>
 * CIFAR-10 has {@code data_batch_1.bin} to {@code data_batch_5.bin}, {@code test_batch.bin} and
 * {@code batches.meta.txt}; CIFAR-100 has {@code train.bin}, {@code test.bin}, {@code fine_label_names.txt} and
 * {@code coarse_label_names.txt}. The files of names may be missing. Names of examples are the file's and the record's
 * number, {@code data_batch_1/00042}.
 */
public final class CifarBinary implements Dataset {

  /** Which of CIFAR-100's two labels is taken; CIFAR-10 has one. */
  public enum Labels {
    /** 100 classes. */
    FINE,
    /** 20 classes. */
    COARSE
  }

  private static final int SIDE = 32;

  private static final int PIXELS = SIDE * SIDE;

  /** One of the two sets, as its files are laid out. */
  private record Layout(int labelBytes, int labelAt, int classes, String classNamesFile) {
    private int recordBytes() {
      return labelBytes + 3 * PIXELS;
    }
  }

  private static final Layout TEN = new Layout(1, 0, 10, "batches.meta.txt");

  /** A file's name without its ending, and its records. */
  private record Part(String name, byte[] records) {}

  private final Layout layout;
  private final List<Part> parts;
  private final List<String> classNames;
  private final int size;

  private CifarBinary(Layout layout, List<Part> parts, List<String> classNames) {
    this.layout = layout;
    this.parts = parts;
    this.classNames = classNames;
    this.size = parts.stream().mapToInt(part -> part.records().length / layout.recordBytes()).sum();
  }

  /**
   * Reads a split of either set, with CIFAR-100's fine labels.
   *
   * @param split {@code train} or {@code test}
   * @throws DatasetException if files are missing, truncated, or hold labels that are none
   */
  public static CifarBinary open(Path folder, String split) {
    return open(folder, split, Labels.FINE);
  }

  /** As the other, with a choice of CIFAR-100's labels. */
  public static CifarBinary open(Path folder, String split, Labels labels) {
    if (!split.equals("train") && !split.equals("test")) {
      throw new DatasetException(folder + ": the split " + split + " is not known to CIFAR, which has train and test");
    }
    boolean hundred = Files.isRegularFile(folder.resolve(split + ".bin"));
    List<Path> files = hundred ? List.of(folder.resolve(split + ".bin")) : batches(folder, split);
    Layout layout = !hundred ? TEN : labels == Labels.FINE ? new Layout(2, 1, 100, "fine_label_names.txt")
        : new Layout(2, 0, 20, "coarse_label_names.txt");
    return new CifarBinary(layout, files.stream().map(file -> read(file, layout)).toList(), classNames(folder, layout));
  }

  /** CIFAR-10's files. All five of a training set are required: a missing one would go unnoticed otherwise. */
  private static List<Path> batches(Path folder, String split) {
    List<Path> files = new ArrayList<>();
    if (split.equals("test")) {
      files.add(folder.resolve("test_batch.bin"));
    } else {
      for (int number = 1; number <= 5; number++) {
        files.add(folder.resolve("data_batch_" + number + ".bin"));
      }
    }
    List<String> missing =
        files.stream().filter(file -> !Files.isRegularFile(file)).map(file -> file.getFileName().toString()).toList();
    if (!missing.isEmpty()) {
      throw new DatasetException(
          folder + " lacks " + DatasetException.some(missing) + " of CIFAR-10, and " + split + ".bin of CIFAR-100;"
              + " unpack the binary version of either here");
    }
    return files;
  }

  private static Part read(Path file, Layout layout) {
    byte[] records;
    try {
      records = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new DatasetException(file + " cannot be read: " + e, e);
    }
    int bytes = layout.recordBytes();
    if (records.length == 0 || records.length % bytes != 0) {
      long expected = (records.length / bytes + 1L) * bytes;
      throw new DatasetException(file + " is truncated: expected records of " + bytes + " bytes each, so " + expected
          + " bytes or more, has " + records.length + "; unpack it again");
    }
    for (int at = layout.labelAt(); at < records.length; at += bytes) {
      if ((records[at] & 255) >= layout.classes()) {
        throw new DatasetException(
            file + ": record " + at / bytes + " has label " + (records[at] & 255) + ", must be below "
                + layout.classes() + "; is it the binary version?");
      }
    }
    String name = file.getFileName().toString();
    return new Part(name.substring(0, name.length() - ".bin".length()), records);
  }

  private static List<String> classNames(Path folder, Layout layout) {
    Path file = folder.resolve(layout.classNamesFile());
    if (!Files.isRegularFile(file)) {
      return List.of();
    }
    try {
      List<String> names =
          Files.readAllLines(file).stream().map(String::strip).filter(name -> !name.isEmpty()).toList();
      if (names.size() != layout.classes()) {
        throw new DatasetException(
            file + " names " + names.size() + " classes, there are " + layout.classes() + "; remove or repair it");
      }
      return names;
    } catch (IOException e) {
      throw new DatasetException(file + " cannot be read: " + e, e);
    }
  }

  /** A record's part and where it begins there. */
  private record Place(Part part, int number, int at) {}

  private Place place(int index) {
    int number = index;
    for (Part part : parts) {
      int count = part.records().length / layout.recordBytes();
      if (number < count) {
        return new Place(part, number, number * layout.recordBytes());
      }
      number -= count;
    }
    throw new IndexOutOfBoundsException("example " + index + " of " + size);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Annotation annotation(int index) {
    Place place = place(index);
    return Annotation.labelled("%s/%05d".formatted(place.part().name(), place.number()),
        place.part().records()[place.at() + layout.labelAt()] & 255);
  }

  @Override
  public int width(int index) {
    return SIDE;
  }

  @Override
  public int height(int index) {
    return SIDE;
  }

  @Override
  public Picture picture(int index) {
    Place place = place(index);
    int from = place.at() + layout.labelBytes();
    byte[] samples = new byte[3 * PIXELS];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = place.part().records()[from + i % 3 * PIXELS + i / 3];
    }
    return new Picture(SIDE, SIDE, 3, samples);
  }

  /** As the folder's files name them, or empty. */
  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int classes() {
    return layout.classes();
  }

  @Override
  public boolean hasCaptions() {
    return false;
  }
}
