package dev.langevin.hub;

import dev.langevin.bindings.AdvisoryLock;
import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches a file's bytes into the cache, from where an earlier attempt ended, whoever made that: huggingface_hub before
 * its version 1 left such a file under the same name. It is checked against its hash before it takes its own.
 */
final class BlobFetch {

  /** Attempts in a row that bring nothing. */
  private static final int FRUITLESS = 5;

  private static final int BLOCK = 1 << 16;

  private static final long LOCK_MILLISECONDS = 100;

  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

  private final HubConnection connection;
  private final HubSettings settings;
  private final HubCache cache;
  private final FetchListener listener;

  /** Is told of bytes that are here, or gone again. */
  @FunctionalInterface
  interface Counter {
    void add(long bytes);
  }

  BlobFetch(HubConnection connection, HubSettings settings, HubCache cache, FetchListener listener) {
    this.connection = connection;
    this.settings = settings;
    this.cache = cache;
    this.listener = listener;
  }

  /** Fetches a file of a commit, unless another program does so meanwhile: that is waited for. */
  void fetch(ModelReference subject, String commit, HubFile file, Counter counter) throws HubException {
    Path blob = cache.blob(subject.repository(), file.hash());
    try {
      Files.createDirectories(blob.getParent());
      AdvisoryLock lock;
      try {
        lock = lock(cache.newLock(subject.repository(), file.hash()), file);
      } catch (HubException e) {
        throw e;
      } catch (IOException e) { // no locks there: each for itself, and both have the same bytes in the end
        Path own = HubCache.beside(blob, "incomplete");
        try {
          fetch(subject, commit, file, own, blob, counter);
        } finally {
          Files.deleteIfExists(own);
        }
        return;
      }
      try (lock) {
        fetch(subject, commit, file, blob.resolveSibling(file.hash() + ".incomplete"), blob, counter);
      }
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw disk(blob, e);
    }
  }

  static HubException disk(Path place, IOException e) {
    return new HubException(Reason.DISK,
        place + " cannot be written: " + (e instanceof FileSystemException f && f.getReason() != null ? f.getReason()
            : HubConnection.words(e)) + "; HF_HUB_CACHE names another folder for the cache",
        e);
  }

  private AdvisoryLock lock(Path path, HubFile file) throws IOException {
    boolean told = false;
    while (true) {
      AdvisoryLock lock = AdvisoryLock.tryLock(path);
      if (lock != null) {
        return lock;
      }
      if (!told) {
        listener.note("another program fetches " + file.path() + "; waiting for it");
        told = true;
      }
      try {
        Thread.sleep(LOCK_MILLISECONDS);
      } catch (InterruptedException e) {
        throw HubConnection.interrupted(e);
      }
    }
  }

  private void fetch(ModelReference subject, String commit, HubFile file, Path path, Path blob, Counter counter)
      throws IOException {
    if (cache.has(subject.repository(), file)) { // while the lock was waited for
      counter.add(file.bytes());
      return;
    }
    boolean kept = false;
    try (PartialFile partial = PartialFile.open(path, file)) {
      counter.add(partial.length());
      boolean whole = transfer(subject, commit, file, partial, counter);
      String hash = partial.hash();
      if (!hash.equals(file.hash()) && !whole) { // perhaps the older part is to blame
        listener.note(file.path() + " is not what it should be after all its parts were joined; fetching it anew");
        counter.add(-partial.length());
        partial.restart();
        whole = transfer(subject, commit, file, partial, counter);
        hash = partial.hash();
      }
      if (!hash.equals(file.hash())) {
        throw new HubException(Reason.CORRUPT, subject.repository() + ": the bytes that came for " + file.path()
            + " hash to " + hash + ", must be " + file.hash()
            + "; they are thrown away, and a proxy or a mirror on the way may be at fault");
      }
      partial.force();
      kept = true;
    } catch (IOException e) { // what came can be gone on from, if it is not wrong
      kept = !(e instanceof HubException h && h.reason() == Reason.CORRUPT) && Files.exists(path)
          && Files.size(path) > 0;
      throw e;
    } finally {
      if (!kept) {
        Files.deleteIfExists(path);
      }
    }
    cache.finish(path, blob);
  }

  /** @return whether all of it came in one answer */
  private boolean transfer(ModelReference subject, String commit, HubFile file, PartialFile partial, Counter counter)
      throws IOException {
    boolean first = partial.length() == 0;
    boolean one = first;
    int fruitless = 0;
    while (!partial.isWhole() || file.bytes() == 0 && first) {
      long before = partial.length();
      first = false;
      String why;
      try {
        answer(subject, commit, file, partial, counter);
        if (partial.isWhole()) {
          return one;
        }
        why = "the connection ended";
      } catch (ReadException e) {
        why = e.getMessage();
      }
      one = false;
      fruitless = partial.length() > before ? 0 : fruitless + 1;
      String where = file.path() + " broke off at " + partial.length() + " of " + file.bytes() + " bytes (" + why + ")";
      if (fruitless >= FRUITLESS) {
        throw new HubException(Reason.UNREACHABLE, where + ", " + fruitless
            + " times without a byte more; the next pull goes on from there");
      }
      connection.pause(fruitless + 1, where, listener);
    }
    return one;
  }

  /** The server's side of a transfer failed, not the disk's. */
  private static final class ReadException extends IOException {

    private static final long serialVersionUID = 1L;

    ReadException(IOException cause) {
      super(HubConnection.words(cause), cause);
    }
  }

  private void answer(ModelReference subject, String commit, HubFile file, PartialFile partial, Counter counter)
      throws IOException {
    URI address = HubAddresses.file(settings, subject, commit, file.path());
    String range = partial.length() == 0 ? null : "bytes=" + partial.length() + "-";
    HubConnection.Answer answer = connection.send("GET", address, subject, range, listener);
    try (InputStream body = new WatchedStream(answer.response().body(), settings.silence())) {
      if (answer.response().statusCode() != 416) {
        requireSame(answer, subject, commit, file);
      }
      if (range != null && !continues(answer, partial.length(), file)) {
        counter.add(-partial.length());
        partial.restart();
        if (answer.response().statusCode() == 416) {
          return; // asked again from the beginning
        }
      }
      byte[] block = new byte[BLOCK];
      while (true) {
        int count;
        try {
          count = body.read(block, 0, block.length);
        } catch (IOException e) {
          throw new ReadException(e);
        }
        if (count < 0) {
          return;
        }
        if (partial.length() + count > file.bytes()) {
          throw tooLong(subject, file);
        }
        partial.write(block, count);
        counter.add(count);
      }
    }
  }

  private static HubException tooLong(ModelReference subject, HubFile file) {
    return new HubException(Reason.CORRUPT, subject.repository() + ": more bytes came for " + file.path() + " than the "
        + file.bytes() + " that it has; they are thrown away, and a proxy or a mirror on the way may be at fault");
  }

  /** Whether an answer goes on where the part ends; one that begins anew is as good. */
  private static boolean continues(HubConnection.Answer answer, long from, HubFile file) {
    if (answer.response().statusCode() != 206) {
      return false;
    }
    Matcher range = CONTENT_RANGE.matcher(String.valueOf(answer.header("Content-Range")));
    return range.matches() && Long.parseLong(range.group(1)) == from
        && (range.group(2).equals("*") || Long.parseLong(range.group(2)) == file.bytes());
  }

  /** The endpoint says which commit and which bytes it sends. */
  private void requireSame(HubConnection.Answer answer, ModelReference subject, String commit, HubFile file)
      throws HubException {
    String at = answer.own().get("x-repo-commit");
    String hash = HubAddresses.hash(answer.own());
    if (at != null && !at.equals(commit) || hash != null && !hash.equals(file.hash().toLowerCase(Locale.ROOT))) {
      throw new HubException(Reason.SERVER,
          settings.endpoint().getHost() + " sends " + file.path() + " of the commit " + at + " with the hash " + hash
              + ", was asked for " + commit + " of " + subject.repository() + " with " + file.hash());
    }
  }
}
