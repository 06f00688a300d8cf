package dev.langevin.training.data.source;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

/**
 * Fashion-MNIST (Xiao et al., arXiv:1708.07747): 70,000 gray pictures of 28x28 in ten classes, as four IDX files. They
 * are those of a folder, or of Debian's package {@code dataset-fashion-mnist}.
 */
public final class FashionMnist {

  private static final String PACKAGE = "dataset-fashion-mnist";

  /** Where the package has them. */
  private static final Path PLACE = Path.of("usr/share/datasets/fashion-mnist");

  /** @param magic zeros, 8 for unsigned bytes, the number of axes */
  private record IdxName(String name, int magic, int count) {}

  private static final List<IdxName> FILES = List.of(
      new IdxName("train-images-idx3-ubyte", 0x803, 60_000), new IdxName("train-labels-idx1-ubyte", 0x801, 60_000),
      new IdxName("t10k-images-idx3-ubyte", 0x803, 10_000), new IdxName("t10k-labels-idx1-ubyte", 0x801, 10_000));

  private FashionMnist() {}

  /**
   * Copies the four files of a folder, plain or with {@code .gz}, into a new one.
   *
   * @throws IOException if one is missing or is not what its name says, or {@code out} is not empty
   */
  public static void copy(Path from, Path out) throws IOException {
    List<Path> files = new ArrayList<>();
    for (IdxName wanted : FILES) {
      Path plain = from.resolve(wanted.name);
      Path file = Files.isRegularFile(plain) ? plain : from.resolve(wanted.name + ".gz");
      if (!Files.isRegularFile(file)) {
        throw new IOException(
            from + " has no file " + wanted.name + ", nor one with .gz; --from names the folder of the four IDX files");
      }
      requireHeader(file, wanted);
      files.add(file);
    }
    NewFolder.write(out, folder -> {
      for (Path file : files) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    });
  }

  private static void requireHeader(Path file, IdxName wanted) throws IOException {
    int magic;
    int count;
    try (InputStream plain = Files.newInputStream(file);
        DataInputStream in =
            new DataInputStream(file.toString().endsWith(".gz") ? new GZIPInputStream(plain) : plain)) {
      magic = in.readInt();
      count = in.readInt();
    } catch (IOException e) {
      throw new IOException(
          file + " cannot be read as an IDX file: " + (e.getMessage() != null ? e.getMessage() : "it is too short"), e);
    }
    if (magic != wanted.magic || count != wanted.count) {
      throw new IOException("%s begins with 0x%08x and has %,d entries, expected 0x%08x and %,d; is it Fashion-MNIST's?"
          .formatted(file, magic, count, wanted.magic, wanted.count));
    }
  }

  /**
   * Downloads Debian's package with {@code apt-get}, unpacks it with {@code dpkg-deb}, and copies its files.
   *
   * @throws IOException if a tool is missing or fails, with what it said
   */
  public static void download(Path out) throws IOException {
    download(out, "apt-get", "dpkg-deb");
  }

  static void download(Path out, String aptGet, String dpkgDeb) throws IOException {
    NewFolder.requireNew(out);
    Path work = Files.createTempDirectory("langevin-fashion-mnist");
    try {
      run(work, aptGet, "download", PACKAGE);
      List<Path> packages;
      try (var files = Files.newDirectoryStream(work, PACKAGE + "*.deb")) {
        packages = new ArrayList<>();
        files.forEach(packages::add);
      }
      if (packages.size() != 1) {
        throw new IOException(
            aptGet + " download " + PACKAGE + " left " + packages.size() + " packages, expected one; " + remedy());
      }
      run(work, dpkgDeb, "-x", packages.getFirst().getFileName().toString(), "unpacked");
      copy(work.resolve("unpacked").resolve(PLACE), out);
    } finally {
      NewFolder.delete(work);
    }
  }

  private static void run(Path folder, String... command) throws IOException {
    String line = String.join(" ", command);
    Path said = folder.resolve("output.txt");
    Process process;
    try {
      process =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(said.toFile())
              .start();
    } catch (IOException e) {
      throw new IOException(line + " cannot be run: " + e.getMessage() + "; " + remedy(), e);
    }
    try {
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IOException(line + " has not ended within 10 minutes; " + remedy());
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException(line + " was interrupted", e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          line + " failed with exit code " + process.exitValue() + ": " + Files.readString(said).strip() + "; "
              + remedy());
    }
  }

  private static String remedy() {
    return "on other systems than Debian's, get the four IDX files of Fashion-MNIST elsewhere and name their folder"
        + " with --from";
  }
}
