package dev.langevin.training.data.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/**
 * A package of an npm registry, pinned by what its tarball hashes to: wherever that comes from, it is the same one.
 *
 * @param integrity {@code sha512-} and the tarball's SHA-512 in Base64, as {@code npm view NAME@VERSION dist.integrity}
 *   tells it
 */
public record NpmPackage(String name, String version, String integrity) {

  private static final URI REGISTRY = URI.create("https://registry.npmjs.org/");

  private static final Duration CONNECT = Duration.ofSeconds(20);

  /** For the whole tarball: some 100 MB over a slow line. */
  private static final Duration TRANSFER = Duration.ofMinutes(15);

  /** The registry that npm would ask: the environment's {@code npm_config_registry}, or else the public one. */
  public static URI registry(Map<String, String> environment) {
    String named = environment.get("npm_config_registry");
    return named == null || named.isBlank() ? REGISTRY : URI.create(named.strip());
  }

  /** The tarball's file name, that of {@code npm pack}. */
  public String tarballName() {
    return name.replace("@", "").replace('/', '-') + "-" + version + ".tgz";
  }

  private URI tarball(URI registry) {
    String base = registry.toString().endsWith("/") ? registry.toString() : registry + "/";
    return URI.create(base + name + "/-/" + name.substring(name.lastIndexOf('/') + 1) + "-" + version + ".tgz");
  }

  /**
   * Downloads the tarball and checks it.
   *
   * @param file where it goes; it is removed again if it is not the right one
   * @throws IOException if the registry cannot be reached or sends something else
   */
  public void download(URI registry, Path file) throws IOException {
    URI tarball = tarball(registry);
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NORMAL).build()) {
      HttpRequest request = HttpRequest.newBuilder(tarball).timeout(TRANSFER).build();
      HttpResponse<Path> response = client.send(request, HttpResponse.BodyHandlers.ofFile(file));
      if (response.statusCode() != 200) {
        throw new IOException("HTTP status " + response.statusCode());
      }
    } catch (IOException | IllegalArgumentException e) {
      Files.deleteIfExists(file);
      throw new IOException(
          tarball + " cannot be downloaded: " + (e.getMessage() != null ? e.getMessage() : e) + "; " + remedy(), e);
    } catch (InterruptedException e) {
      Files.deleteIfExists(file);
      Thread.currentThread().interrupt();
      throw new IOException(tarball + ": interrupted while it was downloaded", e);
    }
    try {
      verify(file);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw new IOException(tarball + ": " + e.getMessage(), e);
    }
  }

  private String remedy() {
    return "name another registry with --registry, or get " + tarballName() + " where there is a network (npm pack "
        + name + "@" + version
        + ") and pass it with --tarball";
  }

  /**
   * Checks that a file is this package's tarball.
   *
   * @throws IOException if it cannot be read, or hashes to something else
   */
  public void verify(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          file + ": there is no such file; it should be " + tarballName() + ", which npm pack " + name + "@" + version
              + " gets");
    }
    MessageDigest sha512;
    try {
      sha512 = MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha512)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    String found = "sha512-" + Base64.getEncoder().encodeToString(sha512.digest());
    if (!found.equals(integrity)) {
      throw new IOException(
          file.getFileName() + " is not " + name + " " + version + ", or is damaged: it has " + found + ", expected "
              + integrity);
    }
  }
}
