package dev.langevin.training.data;

import dev.langevin.image.PictureFile;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * A folder of pictures after the Hugging Face convention, in one of four forms:
 *
 * <ul>
 * <li>with a {@code metadata.jsonl} or {@code metadata.csv}, in the folder or its sub-folders, whose rows have
 * {@code file_name} and, if they like, {@code text}, {@code caption} or {@code prompt} (one, or an array),
 * {@code label} (a number or a name), {@code flip} ({@code false} forbids mirroring), and others, which are kept as
 * text;
 * <li>with text files beside pictures, as kohya's scripts have it, see {@link CaptionFiles};
 * <li>with sub-folders, one a class, whose label is its place among their sorted names;
 * <li>with pictures alone.
 * </ul>
 *
 * <p>
 * It may have splits: sub-folders {@code train}, {@code test}, {@code validation}, each in one of these forms, or with
 * metadata in the folder around them. Photographs are turned as their camera was held.
 *
 * <p>
 * <b>Damaged pictures.</b> Which examples there are decides every batch of a run, so it is settled at opening: all
 * pictures are decoded once, in parallel, and those that fail are left out, told of once and listed in
 * {@link #unreadable}; or, strict, they are an error. Above {@link FolderOptions#checkedBytes} that would take minutes:
 * then only the headers are read, and a picture whose body proves damaged later ends the run with its name, instead of
 * changing the course of all batches after it.
 *
 * <p>
 * <b>Memory.</b> What opening has decoded is kept up to {@link FolderOptions#keptBytes}; the rest is decoded again each
 * time.
 */
public final class ImageFolder implements Dataset {

  /** A picture that was left out, and why. */
  public record Unreadable(String name, String reason) {}

  /** Size of files from which only samples are digested, of a folder that is not read through. */
  private static final long SAMPLED = 1 << 16;

  private final Path folder;
  private final List<Path> files = new ArrayList<>();
  private final List<Annotation> annotations = new ArrayList<>();
  private final List<PictureFile.Size> sizes = new ArrayList<>();
  private final List<Picture> kept = new ArrayList<>(); // null where not kept
  private final List<Unreadable> unreadable = new ArrayList<>();
  private final List<String> classNames;
  private final int classes;
  private final boolean hasCaptions;
  private final boolean wholeFiles;
  private final boolean listed; // has text files with captions

  /** What opening found out of one picture; {@code reason} is null if it can be read. */
  private record Checked(PictureFile.Size size, Picture kept, String reason) {}

  private ImageFolder(FolderListing listing, FolderAnnotations said, List<Checked> checked, boolean wholeFiles,
      boolean listed) {
    this.wholeFiles = wholeFiles;
    this.listed = listed;
    this.folder = listing.folder();
    for (int i = 0; i < checked.size(); i++) {
      Checked picture = checked.get(i);
      if (picture.reason() != null) {
        unreadable.add(new Unreadable(said.list().get(i).name(), picture.reason()));
        continue;
      }
      files.add(listing.pictures().get(i));
      annotations.add(said.list().get(i));
      sizes.add(picture.size());
      kept.add(picture.kept());
    }
    this.classNames = List.copyOf(said.classNames());
    // Of all that the folder says: a damaged picture must not change the width of a network's class embedding.
    this.classes = Math.max(classNames.size(), said.list().stream().mapToInt(Annotation::label).max().orElse(-1) + 1);
    this.hasCaptions = annotations.stream().anyMatch(annotation -> !annotation.captions().isEmpty());
  }

  /** Opens a folder with {@link FolderOptions#usual}. */
  public static ImageFolder open(Path folder) {
    return open(folder, FolderOptions.usual());
  }

  /**
   * Opens a folder.
   *
   * @throws DatasetException if it is missing or empty, if metadata and pictures do not match, if no picture can be
   *   decoded, or, if strict, not all
   */
  public static ImageFolder open(Path place, FolderOptions options) {
    FolderListing listing = FolderListing.of(place, options.split());
    boolean captionFiles = listing.metadata() == null && CaptionFiles.in(listing.pictures());
    FolderAnnotations said = captionFiles ? CaptionFiles.of(listing.folder(), listing.pictures())
        : listing.metadata() == null ? FolderAnnotations.of(listing.folder(), listing.pictures())
        : FolderAnnotations.of(listing.folder(), listing.pictures(), listing.metadata(), options.captionColumn());
    boolean decode = options.strict()
        || listing.pictures().stream().mapToLong(file -> file.toFile().length()).sum() <= options.checkedBytes();
    AtomicLong room = new AtomicLong(options.keptBytes());
    Queue<String> animations = new ConcurrentLinkedQueue<>();
    Findings findings = new Findings(Policy.USUAL, animations::add);
    List<Checked> checked = IntStream.range(0, listing.pictures().size()).parallel()
        .mapToObj(i -> check(listing.pictures().get(i), decode, room, findings)).toList();
    ImageFolder opened = new ImageFolder(listing, said, checked, decode, captionFiles);
    opened.report(options);
    if (!animations.isEmpty()) {
      options.warnings().accept(Collections.min(animations)
          + (animations.size() > 1 ? ", and so of " + (animations.size() - 1) + " more" : ""));
    }
    return opened;
  }

  /** The pictures as often as kohya's sub-folders say, such as {@code 10_name}; itself where there are none. */
  public Dataset repeated() {
    boolean any = annotations.stream().anyMatch(annotation -> annotation.fields().containsKey(CaptionFiles.REPEATS));
    return any && listed ? only(CaptionFiles.repeated(this)) : this;
  }

  private static Checked check(Path file, boolean decode, AtomicLong room, Findings findings) {
    try {
      if (!decode) {
        return new Checked(PictureFile.size(file), null, null);
      }
      Picture picture = Picture.of(PictureFile.read(file, findings));
      int bytes = picture.samples().length;
      boolean keep = room.addAndGet(-bytes) >= 0;
      if (!keep) {
        room.addAndGet(bytes);
      }
      return new Checked(new PictureFile.Size(picture.width(), picture.height()), keep ? picture : null, null);
    } catch (IOException e) {
      return new Checked(null, null, e.getMessage());
    }
  }

  private void report(FolderOptions options) {
    if (unreadable.isEmpty()) {
      return;
    }
    int total = size() + unreadable.size();
    String message = folder + ": " + unreadable.size() + " of " + total + " pictures cannot be decoded: "
        + DatasetException
            .some(unreadable.stream().map(picture -> picture.name() + " (" + picture.reason() + ")").toList());
    if (options.strict()) {
      throw new DatasetException(message + "; repair or remove them, or do not open the folder as strict");
    }
    if (files.isEmpty()) {
      throw new DatasetException(message + "; convert them to PNG or JPEG");
    }
    options.warnings().accept(message + "; they are left out");
  }

  /** The pictures that were left out at opening. */
  public List<Unreadable> unreadable() {
    return List.copyOf(unreadable);
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Annotation annotation(int index) {
    return annotations.get(index);
  }

  @Override
  public int width(int index) {
    return sizes.get(index).width();
  }

  @Override
  public int height(int index) {
    return sizes.get(index).height();
  }

  @Override
  public Picture picture(int index) {
    if (kept.get(index) != null) {
      return kept.get(index);
    }
    try {
      return Picture.of(PictureFile.read(files.get(index)));
    } catch (IOException e) {
      throw new DatasetException(
          files.get(index) + " cannot be decoded any more, or was not checked at opening: it " + e.getMessage()
              + "; repair it, or check the whole folder by opening it as strict",
          e);
    }
  }

  /** The file's bytes; its size and its ends where the folder is too large to be read through. */
  @Override
  public void digest(int index, MessageDigest digest) {
    FileDigest.add(files.get(index), wholeFiles ? Long.MAX_VALUE : SAMPLED, digest);
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public boolean hasCaptions() {
    return hasCaptions;
  }
}
