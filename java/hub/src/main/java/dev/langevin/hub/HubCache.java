package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The cache as huggingface_hub lays it out, so that what one program has fetched is there for the other:
 *
 * <pre>
 * CACHEDIR.TAG
 * .locks/models--OWNER--NAME/HASH.lock      locked by flock(2) while HASH is fetched
 * models--OWNER--NAME/
 *   blobs/HASH                              a file's bytes; HASH.incomplete while they come
 *   refs/REVISION                           the commit that a branch or a tag stood for when it was asked last
 *   snapshots/COMMIT/unet/config.json       -> ../../../blobs/HASH, a relative link
 *   .no_exist/COMMIT/unet/added.json        an empty file: the commit has none of that name
 * </pre>
 *
 * A blob takes its name when all of it is there and hashes to that, and a snapshot's links are made when all of its
 * blobs are there.
 */
final class HubCache {

  private static final String TAG = """
      Signature: 8a477f597d28d172789f06886806bc55
      # This file is a cache directory tag created by langevin.
      # For information about cache directory tags, see: https://bford.info/cachedir/
      """;

  private static final String FOLDER = "models--";

  private final Path root;
  private final boolean symlinks;

  HubCache(Path root, boolean symlinks) {
    this.root = root;
    this.symlinks = symlinks;
  }

  Path root() {
    return root;
  }

  private static String folder(String repository) {
    return FOLDER + repository.replace("/", "--");
  }

  private Path repository(String repository) {
    return root.resolve(folder(repository));
  }

  Path blob(String repository, String hash) {
    return repository(repository).resolve("blobs").resolve(hash);
  }

  Path lock(String repository, String hash) {
    return root.resolve(".locks").resolve(folder(repository)).resolve(hash + ".lock");
  }

  Path snapshot(String repository, String commit) {
    return repository(repository).resolve("snapshots").resolve(commit);
  }

  private Path noExist(String repository, String commit, String path) {
    return repository(repository).resolve(".no_exist").resolve(commit).resolve(path);
  }

  /** Whether a commit is known to have no such file. */
  boolean lacks(String repository, String commit, String path) {
    return Files.isRegularFile(noExist(repository, commit, path));
  }

  /** The commit that a reference stands for by what is cached, or null. */
  String commit(ModelReference reference) throws IOException {
    if (reference.isCommit()) {
      return reference.revision();
    }
    try {
      String commit = Files.readString(ref(reference)).strip();
      return ModelReference.isCommit(commit) ? commit : null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private Path ref(ModelReference reference) {
    return repository(reference.repository()).resolve("refs").resolve(reference.revision());
  }

  /** Makes the cache's folder and its tag, by which programs that make backups pass it over. */
  void begin() throws IOException {
    Files.createDirectories(root);
    Path tag = root.resolve("CACHEDIR.TAG");
    if (!Files.exists(tag)) {
      replace(tag, TAG);
    }
  }

  /** Makes the snapshot of a model whose blobs are all there. */
  void link(HubModel model, List<String> absent) throws IOException {
    String repository = model.reference().repository();
    Path snapshot = snapshot(repository, model.commit());
    for (HubFile file : model.files()) {
      Path link = snapshot.resolve(file.path());
      if (!Files.exists(link)) { // a link to nothing is made anew
        Files.createDirectories(link.getParent());
        link(blob(repository, file.hash()), link);
      }
    }
    for (String path : absent) {
      Path mark = noExist(repository, model.commit(), path);
      if (!Files.exists(mark)) {
        Files.createDirectories(mark.getParent());
        Files.writeString(mark, "");
      }
    }
    if (!model.reference().isCommit()) {
      Path ref = ref(model.reference());
      if (!model.commit().equals(commit(model.reference()))) {
        Files.createDirectories(ref.getParent());
        replace(ref, model.commit());
      }
    }
  }

  private void link(Path blob, Path link) throws IOException {
    Path partial = beside(link, "link");
    if (symlinks) {
      try {
        Files.createSymbolicLink(partial, link.getParent().relativize(blob));
      } catch (UnsupportedOperationException | IOException e) { // a file system without links
        Files.copy(blob, partial);
      }
    } else {
      Files.copy(blob, partial);
    }
    Files.move(partial, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void replace(Path file, String contents) throws IOException {
    Path partial = beside(file, "tmp");
    Files.writeString(partial, contents);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** A name of this process's alone. */
  static Path beside(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + "." + UUID.randomUUID().toString().substring(0, 8) + "." + ending);
  }

  /** A lock's file, whose folder is made. */
  Path newLock(String repository, String hash) throws IOException {
    Path lock = lock(repository, hash);
    Files.createDirectories(lock.getParent());
    return lock;
  }

  /** @throws HubException if the disk of the cache has less room than a model needs */
  void requireRoom(String repository, long bytes) throws IOException {
    Path there = root;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    long room = Files.getFileStore(there).getUsableSpace();
    if (bytes > room) {
      throw new HubException(Reason.DISK, repository + " needs " + bytes + " bytes more, the disk of " + root
          + " has room for " + room + "; free some, or name another folder with HF_HUB_CACHE");
    }
  }

  /** All cached models, by name and commit. */
  List<CachedModel> models() throws IOException {
    List<CachedModel> models = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return models;
    }
    try (Stream<Path> folders = Files.list(root)) {
      for (Path folder : folders.sorted().toList()) {
        String name = folder.getFileName().toString();
        if (name.startsWith(FOLDER) && Files.isDirectory(folder.resolve("snapshots"))) {
          models.addAll(models(folder, name.substring(FOLDER.length()).replace("--", "/")));
        }
      }
    }
    return models;
  }

  private static List<CachedModel> models(Path folder, String repository) throws IOException {
    Map<String, List<String>> revisions = new HashMap<>();
    Path refs = folder.resolve("refs");
    if (Files.isDirectory(refs)) {
      try (Stream<Path> files = Files.walk(refs)) {
        for (Path ref : files.filter(Files::isRegularFile).sorted().toList()) {
          revisions.computeIfAbsent(Files.readString(ref).strip(), commit -> new ArrayList<>())
              .add(refs.relativize(ref).toString());
        }
      }
    }
    List<CachedModel> models = new ArrayList<>();
    try (Stream<Path> snapshots = Files.list(folder.resolve("snapshots"))) {
      for (Path snapshot : snapshots.filter(Files::isDirectory).sorted().toList()) {
        String commit = snapshot.getFileName().toString();
        models.add(new CachedModel(repository, commit, revisions.getOrDefault(commit, List.of()), snapshot,
            bytes(snapshot)));
      }
    }
    return models;
  }

  private static long bytes(Path snapshot) throws IOException {
    try (Stream<Path> files = Files.walk(snapshot)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> {
        try {
          return Files.size(file);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }).sum();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Whether a blob is there, of the size that it should have. */
  boolean has(String repository, HubFile file) throws IOException {
    Path blob = blob(repository, file.hash());
    return Files.isRegularFile(blob) && Files.size(blob) == file.bytes();
  }

  /** Gives a blob its name. */
  void finish(Path partial, Path blob) throws IOException {
    try {
      Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileAlreadyExistsException e) { // by another program, where there are no locks
      Files.deleteIfExists(partial);
    }
  }

  /** Whether something is in the place of the cache that is no folder. */
  boolean blocked() {
    return Files.exists(root, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(root);
  }
}
