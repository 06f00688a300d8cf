package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Requests to the hub. Redirects are followed here, not by the client: each goes without the token unless it leads to
 * the endpoint itself, and what the endpoint says of a file stands in its redirect, not in the answer of the host that
 * stores it.
 */
final class HubConnection implements AutoCloseable {

  /** Waits; tests pass the time themselves. */
  @FunctionalInterface
  interface Clock {
    void sleep(Duration time) throws InterruptedException;
  }

  private static final Duration CONNECT = Duration.ofSeconds(10);

  private static final int MOST_REDIRECTS = 20; // huggingface_hub's

  /** Answers after which the same request may succeed. */
  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);

  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private static final int ATTEMPTS = 5;

  /** A server that asks for a longer wait is not waited for. */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

  private final HubSettings settings;
  private final Clock clock;
  private final HttpClient client;

  /** An answer, and what the endpoint's own headers said on the way to it, in small letters. */
  record Answer(HttpResponse<InputStream> response, Map<String, String> own) {

    String header(String name) {
      return response.headers().firstValue(name).orElse(null);
    }
  }

  HubConnection(HubSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT)
        .followRedirects(HttpClient.Redirect.NEVER).proxy(settings.proxies()).build();
  }

  /**
   * Sends a request until it is answered with a success.
   *
   * @param subject what is asked for, for messages
   * @param range of the bytes, or null for all; an answer to one may be 416 too
   * @throws HubException in the words of the answer
   */
  Answer send(String method, URI address, ModelReference subject, String range, FetchListener listener)
      throws HubException {
    for (int attempt = 1;; attempt++) {
      Answer answer;
      try {
        answer = follow(method, address, range);
      } catch (HubException e) {
        throw e;
      } catch (IOException e) {
        if (attempt < (e instanceof ConnectException ? 2 : ATTEMPTS)) {
          pause(attempt, settings.endpoint().getHost() + " cannot be reached (" + words(e) + ")", listener);
          continue;
        }
        throw new HubException(Reason.UNREACHABLE, address.getHost() + " cannot be reached: " + words(e)
            + "; is there a network, and does HTTPS_PROXY name its proxy, if it has one?", e);
      }
      int status = answer.response.statusCode();
      if (status / 100 == 2 || range != null && status == 416 || method.equals("HEAD") && REDIRECTS.contains(status)) {
        return answer;
      }
      drop(answer);
      Duration asked = RetryAfter.of(answer.response.headers());
      if (PASSING.contains(status) && attempt < ATTEMPTS && (asked == null || asked.compareTo(LONGEST_WAIT) <= 0)) {
        String why = settings.endpoint().getHost() + " answers " + status;
        if (asked == null) {
          pause(attempt, why, listener);
        } else {
          pause(asked, why, listener);
        }
        continue;
      }
      throw Refusal.of(answer, settings, subject, asked);
    }
  }

  /** Waits before a request is sent again: a second, two, four, eight. */
  void pause(int attempt, String why, FetchListener listener) throws HubException {
    pause(Duration.ofSeconds(1L << Math.min(attempt - 1, 3)), why, listener);
  }

  private void pause(Duration time, String why, FetchListener listener) throws HubException {
    listener.note(why + "; trying again in " + time.toSeconds() + " s");
    try {
      clock.sleep(time);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  static HubException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new HubException(Reason.UNREACHABLE, "interrupted; the next pull goes on from what has come", e);
  }

  private Answer follow(String method, URI address, String range) throws IOException {
    Map<String, String> own = new TreeMap<>();
    Set<URI> seen = new HashSet<>();
    URI at = address;
    while (true) {
      if (!seen.add(at) || seen.size() > MOST_REDIRECTS) {
        throw new HubException(Reason.SERVER, address + " leads in a circle (" + seen.size()
            + " redirects, the last to " + at.getHost() + "); does HF_ENDPOINT name a hub?");
      }
      HttpResponse<InputStream> response = exchange(method, at, range);
      if (settings.isOwn(at)) {
        response.headers().map().forEach((name, values) -> own.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
      }
      String location = response.headers().firstValue("Location").orElse(null);
      if (!REDIRECTS.contains(response.statusCode()) || location == null) {
        return new Answer(response, own);
      }
      URI to = target(at, location);
      if (method.equals("HEAD") && !settings.isOwn(to)) { // all that the endpoint knows of the file is told
        return new Answer(response, own);
      }
      response.body().close();
      at = to;
    }
  }

  static URI target(URI from, String location) throws HubException {
    URI given = HubSettings.address(location);
    URI to = given == null ? null : from.resolve(given);
    if (to == null || to.getHost() == null || !Set.of("http", "https").contains(to.getScheme())) {
      throw new HubException(Reason.SERVER, from + " leads to '" + location + "', which is no address");
    }
    if (from.getScheme().equals("https") && to.getScheme().equals("http")) {
      throw new HubException(Reason.SERVER,
          from.getHost() + " leads to " + to.getHost() + " without encryption (http), which is not followed");
    }
    return to;
  }

  private HttpResponse<InputStream> exchange(String method, URI at, String range) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(at).method(method, HttpRequest.BodyPublishers.noBody())
        .timeout(settings.silence().plus(CONNECT)).header("User-Agent", "langevin/0.2.0")
        .header("Accept-Encoding", "identity"); // what is hashed are the file's own bytes
    if (settings.token() != null && settings.isOwn(at)) {
      request.header("Authorization", "Bearer " + settings.token());
    }
    if (range != null) {
      request.header("Range", range);
    }
    if (settings.proxies() instanceof EnvironmentProxies proxies && proxies.credentials(at) != null) {
      request.header("Proxy-Authorization", proxies.credentials(at));
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (IllegalArgumentException e) {
      throw new HubException(Reason.SERVER, at + " cannot be asked: " + e.getMessage(), e);
    }
  }

  /** Ends an answer whose body nobody reads. */
  static void drop(Answer answer) {
    try {
      answer.response.body().close();
    } catch (IOException e) {
      // it is not read
    }
  }

  /** The innermost words of a failure, as the client's own often has none. */
  static String words(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost.getMessage() != null ? innermost.getMessage() : innermost.getClass().getSimpleName();
  }

  @Override
  public void close() {
    client.shutdownNow(); // what is left is not wanted
  }
}
