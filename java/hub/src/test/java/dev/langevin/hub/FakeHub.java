package dev.langevin.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Speaks as much of the hub's interface as {@link ModelHub} and huggingface_hub ask for, with faults on demand: small
 * files at the endpoint itself, weights at a second server, to which the endpoint sends its callers.
 */
public final class FakeHub implements AutoCloseable {

  /** A request that came. @param authorization its header, or null */
  public record Request(String server, String method, String path, String authorization, String range) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Pattern LISTING = Pattern.compile("/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?");

  private static final Pattern TREE = Pattern.compile("/api/models/([^/]+/[^/]+)/tree/([^/]+)");

  private static final Pattern FILE = Pattern.compile("/([^/]+/[^/]+)/resolve/([^/]+)/(.+)");

  private final HttpServer endpoint;
  private final HttpServer storage;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch letting = new CountDownLatch(1);
  private final Map<String, Map<String, byte[]>> models = new ConcurrentHashMap<>();
  private final Map<String, String> commits = new ConcurrentHashMap<>();
  private final Map<String, String> gated = new ConcurrentHashMap<>();
  private final Map<String, Deque<HubFault>> faults = new ConcurrentHashMap<>();
  private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  private volatile String token;
  private volatile boolean listsBlobs = true;

  /** Starts on two free ports of this machine. */
  public FakeHub() throws IOException {
    endpoint = server("endpoint", this::answer);
    storage = server("storage", this::store);
  }

  private HttpServer server(String name, HttpHandler handler) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", exchange -> {
      try (exchange) {
        requests.add(new Request(name, exchange.getRequestMethod(), exchange.getRequestURI().getPath(),
            exchange.getRequestHeaders().getFirst("Authorization"), exchange.getRequestHeaders().getFirst("Range")));
        handler.handle(exchange);
      }
    });
    server.start();
    return server;
  }

  /** The address for {@code HF_ENDPOINT}. */
  public URI endpoint() {
    return URI.create("http://localhost:" + endpoint.getAddress().getPort());
  }

  private String storageAddress() {
    return "http://127.0.0.1:" + storage.getAddress().getPort();
  }

  /** Publishes a model, or a new commit of it. @return the commit */
  public String publish(String repository, Map<String, byte[]> files) {
    models.put(repository, new TreeMap<>(files));
    MessageDigest all = digest("SHA-1");
    models.get(repository).forEach((path, bytes) -> {
      all.update(path.getBytes(StandardCharsets.UTF_8));
      all.update(bytes);
    });
    String commit = HexFormat.of().formatHex(all.digest());
    commits.put(repository, commit);
    return commit;
  }

  /** Lets those with the token read a model alone. */
  public void gate(String repository, String code) {
    gated.put(repository, code);
  }

  /** The one token that it knows. */
  public void setToken(String known) {
    this.token = known;
  }

  /** Whether the listing has sizes and hashes: mirrors leave them away. */
  public void listBlobs(boolean whether) {
    this.listsBlobs = whether;
  }

  /** What goes wrong with the next requests for a path's bytes; or for a listing, by the repository's name. */
  public void fail(String path, HubFault... next) {
    faults.computeIfAbsent(path, key -> new ArrayDeque<>()).addAll(List.of(next));
  }

  /** All requests so far. */
  public List<Request> requests() {
    synchronized (requests) {
      return List.copyOf(requests);
    }
  }

  /** Lets the rest of a file go that is {@link HubFault#HELD}. */
  public void release() {
    letting.countDown();
  }

  /** Forgets the requests. */
  public void forget() {
    requests.clear();
  }

  private HubFault next(String path) {
    Deque<HubFault> planned = faults.get(path);
    synchronized (faults) {
      return planned == null ? null : planned.poll();
    }
  }

  static boolean isLarge(String path) {
    return path.endsWith(".safetensors") || path.endsWith(".bin") || path.endsWith(".ckpt");
  }

  static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(digest("SHA-256").digest(bytes));
  }

  static String gitHash(byte[] bytes) {
    MessageDigest digest = digest("SHA-1");
    digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest(bytes));
  }

  private static MessageDigest digest(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    Matcher tree = TREE.matcher(path);
    Matcher listing = LISTING.matcher(path);
    Matcher file = FILE.matcher(path);
    Matcher found = tree.matches() ? tree : listing.matches() ? listing : file.matches() ? file : null;
    if (found == null) {
      refuse(exchange, 404, null, null);
      return;
    }
    String repository = found.group(1);
    String revision = found.group(2) == null ? "main" : decoded(found.group(2));
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    if (given != null && !given.equals("Bearer " + token)) {
      refuse(exchange, 401, null, "Invalid credentials in Authorization header");
    } else if (!models.containsKey(repository)) {
      refuse(exchange, given == null ? 401 : 404, "RepoNotFound", "Repository not found");
    } else if (gated.containsKey(repository) && given == null
        && (found == file || gated.get(repository).equals("all"))) {
      refuse(exchange, 401, "GatedRepo", "Access to model " + repository + " is restricted.");
    } else if (!revision.equals("main") && !revision.equals("v1") && !revision.equals(commits.get(repository))) {
      refuse(exchange, 404, "RevisionNotFound", "Invalid rev id: " + revision);
    } else if (found == file) {
      file(exchange, repository, decoded(found.group(3)));
    } else if (!fault(exchange, next(repository), exchange.getRequestURI().toString())) {
      json(exchange, found == tree ? tree(repository) : listing(repository));
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part, StandardCharsets.UTF_8);
  }

  private ObjectNode listing(String repository) {
    ObjectNode json = JSON.createObjectNode().put("id", repository).put("sha", commits.get(repository));
    json.putArray("tags");
    ArrayNode siblings = json.putArray("siblings");
    models.get(repository).forEach((path, bytes) -> {
      ObjectNode file = siblings.addObject().put("rfilename", path);
      if (listsBlobs) {
        file.put("size", bytes.length).put("blobId", gitHash(bytes));
        if (isLarge(path)) {
          file.putObject("lfs").put("sha256", sha256(bytes)).put("size", bytes.length).put("pointerSize", 134);
        }
      }
    });
    return json;
  }

  private ArrayNode tree(String repository) {
    ArrayNode entries = JSON.createArrayNode();
    models.get(repository).forEach((path, bytes) -> {
      ObjectNode file = entries.addObject().put("type", "file").put("path", path).put("size", bytes.length)
          .put("oid", gitHash(bytes));
      if (isLarge(path)) {
        file.putObject("lfs").put("oid", sha256(bytes)).put("size", bytes.length).put("pointerSize", 134);
      }
    });
    return entries;
  }

  private void json(HttpExchange exchange, Object json) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(json);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private void refuse(HttpExchange exchange, int status, String code, String message) throws IOException {
    if (code != null) {
      exchange.getResponseHeaders().set("X-Error-Code", code);
    }
    if (message != null) {
      exchange.getResponseHeaders().set("X-Error-Message", message);
    }
    exchange.sendResponseHeaders(status, -1);
  }

  private void file(HttpExchange exchange, String repository, String path) throws IOException {
    byte[] bytes = models.get(repository).get(path);
    exchange.getResponseHeaders().set("X-Repo-Commit", commits.get(repository));
    if (bytes == null) {
      refuse(exchange, 404, "EntryNotFound", "Entry not found");
      return;
    }
    if (!isLarge(path)) {
      exchange.getResponseHeaders().set("ETag", '"' + gitHash(bytes) + '"');
      send(exchange, bytes, next(path));
      return;
    }
    exchange.getResponseHeaders().set("ETag", "\"of the pointer\"");
    exchange.getResponseHeaders().set("X-Linked-Etag", '"' + sha256(bytes) + '"');
    exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(bytes.length));
    exchange.getResponseHeaders().set("Location", storageAddress() + "/" + repository + "/" + path + "?signature=1");
    exchange.sendResponseHeaders(302, -1);
  }

  private void store(HttpExchange exchange) throws IOException {
    String[] parts = exchange.getRequestURI().getPath().substring(1).split("/", 3);
    exchange.getResponseHeaders().set("ETag", "\"another one of the storage's own\"");
    send(exchange, models.get(parts[0] + "/" + parts[1]).get(parts[2]), next(parts[2]));
  }

  /** Answers with a fault that has no bytes of the file. @return whether it did */
  private boolean fault(HttpExchange exchange, HubFault fault, String self) throws IOException {
    if (fault == null || fault.status() == 0) {
      return false;
    }
    String[] header = fault.header(self).split(": ", 2);
    exchange.getResponseHeaders().set(header[0], header[1]);
    exchange.sendResponseHeaders(fault.status(), -1);
    return true;
  }

  private void send(HttpExchange exchange, byte[] file, HubFault fault) throws IOException {
    if (fault(exchange, fault, exchange.getRequestURI().toString())) {
      return;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    byte[] bytes = file;
    int status = 200;
    if (range != null && fault != HubFault.RANGE_IGNORED) {
      int from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
      if (from >= file.length) {
        exchange.getResponseHeaders().set("Content-Range", "bytes */" + file.length);
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (file.length - 1) + "/" + file.length);
      bytes = Arrays.copyOfRange(file, from, file.length);
      status = 206;
    }
    if (fault == HubFault.WRONG_BYTES) {
      bytes = bytes.clone();
      bytes[bytes.length / 2] ^= 1;
    } else if (fault == HubFault.TOO_LONG) {
      bytes = Arrays.copyOf(bytes, bytes.length + 1);
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      write(exchange.getResponseBody(), bytes, fault);
    }
  }

  private void write(OutputStream out, byte[] bytes, HubFault fault) throws IOException {
    switch (fault) {
      case CUT -> {
        out.write(bytes, 0, bytes.length / 2);
        out.flush();
      }
      case STALL -> {
        out.write(bytes, 0, bytes.length / 2);
        out.flush();
        pause(60_000);
      }
      case HELD -> {
        out.write(bytes, 0, bytes.length / 2);
        out.flush();
        try {
          letting.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        out.write(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
      }
      case SLOW -> {
        for (int i = 0; i < bytes.length; i += bytes.length / 8 + 1) {
          out.write(bytes, i, Math.min(bytes.length / 8 + 1, bytes.length - i));
          out.flush();
          pause(100);
        }
      }
      case null, default -> out.write(bytes);
    }
  }

  private void pause(int milliseconds) {
    try {
      closing.await(milliseconds, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    letting.countDown();
    endpoint.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }
}
