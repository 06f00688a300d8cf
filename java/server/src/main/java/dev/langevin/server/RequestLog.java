package dev.langevin.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.PrintStream;
import java.time.Instant;
import java.util.Locale;

/** One line of JSON for each request and each job, without what was asked unless the operator wants it. Thread-safe. */
final class RequestLog implements RequestQueue.Watcher {

  private final PrintStream out;
  private final boolean prompts;

  RequestLog(PrintStream out, boolean prompts) {
    this.out = out;
    this.prompts = prompts;
  }

  private static ObjectNode line(String event) {
    return ServerContext.JSON.createObjectNode().put("time", Instant.now().toString()).put("event", event);
  }

  void answered(Context context, float millis) {
    out.println(line("request").put("method", context.method().name()).put("path", context.path())
        .put("status", context.statusCode()).put("ms", Math.round(millis))
        .put("client", Authentication.clientOrNull(context)));
  }

  @Override
  public void ended(Job<?> job, Throwable thrown) {
    ObjectNode line = line("job").put("id", job.id()).put("client", job.client())
        .put("model", job.model() == null ? null : job.model().name())
        .put("outcome", job.state().name().toLowerCase(Locale.ROOT)).put("waited_ms", job.waited() / 1_000_000)
        .put("ms", job.lasted() / 1_000_000);
    if (prompts && job.prompt() != null) {
      line.put("prompt", job.prompt());
    }
    out.println(line);
  }
}
