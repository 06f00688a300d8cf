package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Models of the Hugging Face Hub as folders on the disk, by its HTTP interface and in the cache that huggingface_hub
 * has: what another program has fetched is found, and what is fetched here is found by it.
 *
 * <pre>{@code
 * try (ModelHub hub = ModelHub.usual()) {
 *   Path model = hub.get(ModelReference.parse("hf:stabilityai/sd-turbo"), FetchListener.NONE);
 *   try (Pipeline pipeline = Pipelines.open(model)) { ... }
 * }
 * }</pre>
 *
 * <p>
 * Nothing is asked of the network but by {@link #look}, {@link #fetch} and {@link #get}. Of a model only those files
 * come that a load needs. Any thread may use it, several at once, and several processes may fetch the same: one does,
 * the others wait. Whoever makes it closes it.
 *
 * @see <a href="https://huggingface.co/docs/hub/api">the hub's interface</a>
 * @see <a href="https://huggingface.co/docs/huggingface_hub/guides/manage-cache">the cache</a>
 */
public final class ModelHub implements AutoCloseable {

  private final HubSettings settings;
  private final HubCache cache;
  private final HubConnection connection;

  /**
   * A hub by its settings, of which nothing is asked yet.
   *
   * @param settings where hub and cache are
   */
  public ModelHub(HubSettings settings) {
    this(settings, Thread::sleep);
  }

  ModelHub(HubSettings settings, HubConnection.Clock clock) {
    this.settings = settings;
    this.cache = new HubCache(settings.cache(), settings.symlinks());
    this.connection = new HubConnection(settings, clock);
  }

  /**
   * The hub that the environment names.
   *
   * @throws HubException naming the variable that cannot be used
   */
  public static ModelHub usual() throws HubException {
    return new ModelHub(HubSettings.usual());
  }

  /** Where hub and cache are. */
  public HubSettings settings() {
    return settings;
  }

  /**
   * A model's folder, or the one file that it is: out of the cache where all of it is there, without asking whether the
   * hub has a newer one; else fetched.
   *
   * @throws HubException if it is not there and cannot be fetched
   */
  public Path get(ModelReference model, FetchListener listener) throws HubException {
    Path cached = cached(model);
    return cached != null ? cached : fetch(model, listener);
  }

  /**
   * A model's folder, or the one file that it is, as it lies in the cache, without the network.
   *
   * @return null if something that a load needs is not there
   * @throws HubException if the cache cannot be read
   */
  public Path cached(ModelReference model) throws HubException {
    return cached(model, !settings.offline());
  }

  /** @param surely whether a file without which a load can do must be known to be none of the model's */
  private Path cached(ModelReference model, boolean surely) throws HubException {
    try {
      String commit = cache.commit(model);
      Path snapshot = commit == null ? null : cache.snapshot(model.repository(), commit);
      if (snapshot == null || !Files.isDirectory(snapshot)) {
        return null;
      }
      LoadFiles.Choice choice = LoadFiles.choose(model.repository(), new Snapshot(snapshot), path -> true);
      if (surely
          && !choice.absent().stream().allMatch(path -> cache.lacks(model.repository(), commit, path))) {
        return null;
      }
      return choice.single() == null ? snapshot : snapshot.resolve(choice.single());
    } catch (HubException e) {
      return null; // something is missing
    } catch (IOException | UncheckedIOException e) {
      throw new HubException(Reason.DISK, cache.root() + ", the hub's cache, cannot be read: " + e, e);
    }
  }

  /** Files of a snapshot whose blobs are there. */
  private record Snapshot(Path folder) implements LoadFiles.Source {

    @Override
    public Set<String> paths() {
      try (Stream<Path> files = Files.walk(folder)) {
        return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString())
            .collect(Collectors.toSet());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public byte[] read(String path) throws IOException {
      return Files.readAllBytes(folder.resolve(path));
    }
  }

  /**
   * Asks the hub which files of a model a load needs. Small ones that tell which others are needed are fetched for
   * that.
   *
   * @throws HubException if the hub cannot be asked, or has no such model
   */
  public HubModel look(ModelReference model, FetchListener listener) throws HubException {
    return plan(model, listener).model;
  }

  /** What a fetch does. */
  private record Plan(HubModel model, LoadFiles.Choice choice) {}

  private Plan plan(ModelReference model, FetchListener listener) throws HubException {
    if (settings.offline()) {
      throw new HubException(Reason.OFFLINE, model.repository() + (model.revision().equals("main") ? ""
          : " at " + model.revision()) + " is not whole in the cache " + cache.root()
          + ", and HF_HUB_OFFLINE is set; fetch it once without that");
    }
    HubListing listing = HubListing.of(connection, settings, model, listener);
    try {
      LoadFiles.Choice choice = LoadFiles.choose(model.repository(), new Listed(model, listing, listener),
          path -> isCached(model, listing, path));
      List<HubFile> files = new ArrayList<>();
      List<HubFile> missing = new ArrayList<>();
      for (String path : choice.paths()) {
        HubFile file = listing.file(connection, settings, model, path, listener);
        files.add(file);
        if (!cache.has(model.repository(), file)) {
          missing.add(file);
        }
      }
      return new Plan(new HubModel(model, listing.commit(), choice.pipeline(), files, missing), choice);
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw BlobFetch.disk(cache.root(), e);
    }
  }

  private boolean isCached(ModelReference model, HubListing listing, String path) {
    HubListing.Entry entry = listing.files().get(path);
    try {
      return entry.hash() != null
          && cache.has(model.repository(), new HubFile(path, entry.bytes(), entry.hash()));
    } catch (IOException e) {
      return false;
    }
  }

  /** Files of the hub; what is read of them is fetched first. */
  private final class Listed implements LoadFiles.Source {

    private final ModelReference model;
    private final HubListing listing;
    private final FetchListener listener;

    Listed(ModelReference model, HubListing listing, FetchListener listener) {
      this.model = model;
      this.listing = listing;
      this.listener = listener;
    }

    @Override
    public Set<String> paths() {
      return listing.files().keySet();
    }

    @Override
    public byte[] read(String path) throws IOException {
      HubFile file = listing.file(connection, settings, model, path, listener);
      begin();
      fetchBlob(model, listing.commit(), file, listener, bytes -> {});
      return Files.readAllBytes(cache.blob(model.repository(), file.hash()));
    }
  }

  private void begin() throws HubException {
    try {
      if (cache.blocked()) {
        throw new HubException(Reason.DISK,
            cache.root() + " is to be the hub's cache, and is no folder; HF_HUB_CACHE names another");
      }
      cache.begin();
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw BlobFetch.disk(cache.root(), e);
    }
  }

  private void fetchBlob(ModelReference model, String commit, HubFile file, FetchListener listener,
      BlobFetch.Counter counter) throws HubException {
    new BlobFetch(connection, settings, cache, listener).fetch(model, commit, file, counter);
  }

  /**
   * Fetches what of a model is not in the cache, of the commit that its revision stands for now. Where the hub cannot
   * be asked, what is in the cache is taken if it is whole, and the listener told.
   *
   * @return the folder, or the one file that the model is
   * @throws HubException if that fails; a part of a file that came is gone on from by the next call
   */
  public Path fetch(ModelReference model, FetchListener listener) throws HubException {
    if (settings.offline() || model.isCommit()) { // whose files never change
      Path cached = cached(model);
      if (cached != null) {
        return cached;
      }
    }
    Plan plan;
    try {
      plan = plan(model, listener);
    } catch (HubException e) {
      Path cached = passes(e) ? cached(model, false) : null;
      if (cached == null) {
        throw e;
      }
      listener.note(e.getMessage() + "; taking what is in the cache");
      return cached;
    }
    return fetch(plan, listener);
  }

  /** Whether a failure says nothing of what is cached. */
  private static boolean passes(HubException failure) {
    return switch (failure.reason()) {
      case UNREACHABLE, RATE_LIMITED, SERVER -> true;
      default -> false;
    };
  }

  private Path fetch(Plan plan, FetchListener listener) throws HubException {
    HubModel model = plan.model;
    begin();
    requireRoom(model);
    listener.started(model);
    long[] done = {0};
    BlobFetch.Counter counter = bytes -> {
      done[0] += bytes;
      listener.progressed(done[0]);
    };
    for (HubFile file : model.missing()) {
      fetchBlob(model.reference(), model.commit(), file, listener, counter);
    }
    try {
      cache.link(model, plan.choice.absent());
    } catch (IOException e) {
      throw BlobFetch.disk(cache.root(), e);
    }
    Path snapshot = cache.snapshot(model.reference().repository(), model.commit());
    return plan.choice.single() == null ? snapshot : snapshot.resolve(plan.choice.single());
  }

  private void requireRoom(HubModel model) throws HubException {
    try {
      long needed = model.missingBytes();
      for (HubFile file : model.missing()) { // what an earlier attempt left is there
        Path partial = cache.blob(model.reference().repository(), file.hash() + ".incomplete");
        needed -= Files.exists(partial) ? Math.min(Files.size(partial), file.bytes()) : 0;
      }
      cache.requireRoom(model.reference().repository(), needed);
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw BlobFetch.disk(cache.root(), e);
    }
  }

  /** All models in the cache, whole or not, fetched by this program or another. */
  public List<CachedModel> models() throws HubException {
    try {
      return cache.models();
    } catch (IOException e) {
      throw new HubException(Reason.DISK, cache.root() + ", the hub's cache, cannot be read: " + e, e);
    }
  }

  /** Ends its connections. */
  @Override
  public void close() {
    connection.close();
  }
}
