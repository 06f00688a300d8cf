package dev.langevin.server.page;

import dev.langevin.server.Fault;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The page's files. They are listed here and read once, when the server starts, so that no request reaches any other
 * resource. Immutable.
 */
final class PageFiles {

  static final String INDEX = "index.html";

  private static final List<String> NAMES = List.of(INDEX, "icon.svg", "base.css", "layout.css", "pictures.css",
      "theme.js", "page.js", "api.js", "dom.js", "events.js", "facts.js", "files.js", "form.js", "gallery.js",
      "http.js", "jobs.js", "keys.js", "paint.js", "source.js", "stage.js", "store.js", "viewer.js");

  private static final Map<String, String> TYPES = Map.of("html", "text/html; charset=utf-8", "js",
      "text/javascript; charset=utf-8", "css", "text/css; charset=utf-8", "svg", "image/svg+xml");

  /**
   * Nothing is run or drawn but what this server sends, and nothing in the page itself; pictures may come from the
   * page's own memory.
   */
  private static final Map<String, String> HEADERS = Map.of(
      "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
          + "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
          + "require-trusted-types-for 'script'; trusted-types 'none'",
      "X-Content-Type-Options", "nosniff",
      "Referrer-Policy", "no-referrer",
      "Cross-Origin-Opener-Policy", "same-origin",
      "Cross-Origin-Resource-Policy", "same-origin",
      "Permissions-Policy", "camera=(), geolocation=(), microphone=()",
      "Cache-Control", "no-cache");

  private final Map<String, PageFile> files;

  private record PageFile(byte[] bytes, String type, String tag) {}

  private PageFiles(Map<String, PageFile> files) {
    this.files = Map.copyOf(files);
  }

  static PageFiles read() {
    Map<String, PageFile> files = new LinkedHashMap<>();
    for (String name : NAMES) {
      try (InputStream in = PageFiles.class.getResourceAsStream("/page/" + name)) {
        byte[] bytes = in.readAllBytes();
        files.put(name, new PageFile(bytes, TYPES.get(name.substring(name.lastIndexOf('.') + 1)), tag(bytes)));
      } catch (IOException e) {
        throw new UncheckedIOException("the page's file " + name + " cannot be read from the jar", e);
      }
    }
    return new PageFiles(files);
  }

  private static String tag(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** @throws Fault 404 if the page has no such file */
  void answer(Context request, String name) {
    PageFile file = files.get(name);
    if (file == null) {
      throw new Fault(Fault.NOT_FOUND, "unknown_url", "the page has no such file");
    }
    HEADERS.forEach(request::header);
    request.header("ETag", file.tag);
    if (file.tag.equals(request.header("If-None-Match"))) {
      request.status(304);
      return;
    }
    request.contentType(file.type).result(file.bytes);
  }
}
