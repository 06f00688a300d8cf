package dev.langevin.hub;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/** The hub's addresses, and the headers by which it describes a file. */
final class HubAddresses {

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  private HubAddresses() {}

  /** What a revision stands for, and its files. */
  static URI listing(HubSettings settings, ModelReference model) {
    return URI.create(settings.endpoint() + "/api/models/" + model.repository() + "/revision/"
        + encoded(model.revision()) + "?blobs=true");
  }

  /** A file of a commit. */
  static URI file(HubSettings settings, ModelReference model, String commit, String path) {
    StringBuilder address =
        new StringBuilder(settings.endpoint() + "/" + model.repository() + "/resolve/" + encoded(commit));
    for (String part : path.split("/")) {
      address.append('/').append(encoded(part));
    }
    return URI.create(address.toString());
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * The hash in an answer's headers: of a large file in {@code X-Linked-Etag}, of a small one in {@code ETag}.
   *
   * @return null where there is none of a kind that is known
   */
  static String hash(Map<String, String> own) {
    String etag = own.getOrDefault("x-linked-etag", own.get("etag"));
    String bare = etag == null ? "" : etag.replaceFirst("^W/", "").replace("\"", "");
    return isHash(bare) ? bare : null;
  }

  static boolean isHash(String text) {
    return HASH.matcher(text).matches();
  }
}
