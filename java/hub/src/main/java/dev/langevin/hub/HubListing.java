package dev.langevin.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a revision stands for and its files, as the hub lists them.
 *
 * @param commit of the revision
 * @param files by path; size and hash are null where the server does not list them: they are asked for one by one
 */
record HubListing(String commit, Map<String, Entry> files) {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final int MOST_BYTES = 64 << 20;

  /** What is listed of a file. */
  record Entry(Long bytes, String hash) {}

  /** Asks for it. */
  static HubListing of(HubConnection connection, HubSettings settings, ModelReference model, FetchListener listener)
      throws HubException {
    HubConnection.Answer answer =
        connection.send("GET", HubAddresses.listing(settings, model), model, null, listener);
    JsonNode json;
    try (InputStream body = new WatchedStream(answer.response().body(), settings.silence())) {
      json = JSON.readTree(body.readNBytes(MOST_BYTES));
    } catch (JsonProcessingException e) {
      throw noHub(settings, "what it sends is no JSON");
    } catch (IOException e) {
      throw new HubException(Reason.UNREACHABLE, settings.endpoint().getHost() + " broke off while it listed "
          + model.repository() + ": " + HubConnection.words(e) + "; try again", e);
    }
    String commit = json == null ? "" : json.path("sha").asText("");
    if (!ModelReference.isCommit(commit) || !json.path("siblings").isArray()) {
      throw noHub(settings, "its listing of " + model.repository() + " has no commit (sha) or no files (siblings)");
    }
    Map<String, Entry> files = new TreeMap<>();
    for (JsonNode file : json.path("siblings")) {
      JsonNode large = file.path("lfs");
      String hash = large.isObject() ? large.path("sha256").asText("") : file.path("blobId").asText("");
      JsonNode bytes = large.path("size").isIntegralNumber() ? large.path("size") : file.path("size");
      boolean known = HubAddresses.isHash(hash) && bytes.isIntegralNumber() && bytes.asLong() >= 0;
      files.put(file.path("rfilename").asText(""), known ? new Entry(bytes.asLong(), hash) : new Entry(null, null));
    }
    return new HubListing(commit, files);
  }

  private static HubException noHub(HubSettings settings, String why) {
    return new HubException(Reason.SERVER,
        settings.endpoint().getHost() + " does not answer as a hub: " + why + "; does HF_ENDPOINT name one?");
  }

  /** A file with its size and hash, asked for by {@code HEAD} where they are not listed. */
  HubFile file(HubConnection connection, HubSettings settings, ModelReference model, String path,
      FetchListener listener) throws HubException {
    Entry entry = files.get(path);
    if (entry.hash() != null) {
      return new HubFile(path, entry.bytes(), entry.hash());
    }
    HubConnection.Answer answer = connection.send("HEAD", HubAddresses.file(settings, model, commit, path), model, null,
        listener);
    HubConnection.drop(answer);
    String hash = HubAddresses.hash(answer.own());
    String bytes = answer.own().getOrDefault("x-linked-size", String.valueOf(answer.header("Content-Length")));
    if (hash == null || !bytes.matches("\\d{1,18}") || !commit.equals(answer.own().get("x-repo-commit"))) {
      throw noHub(settings, "of " + path + " it tells the hash (ETag) '" + hash + "', the size '" + bytes
          + "' and the commit '" + answer.own().get("x-repo-commit") + "'");
    }
    return new HubFile(path, Long.parseLong(bytes), hash);
  }
}
