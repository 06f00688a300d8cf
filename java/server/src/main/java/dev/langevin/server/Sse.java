package dev.langevin.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events as the answer to a request, whatever it accepts. One thread. */
public final class Sse {

  private final OutputStream out;

  /** Begins the answer: from now on no other status can be sent. */
  public Sse(Context context) throws IOException {
    context.res().setStatus(200);
    context.res().setContentType("text/event-stream");
    context.res().setHeader("Cache-Control", "no-store");
    context.res().setHeader("X-Accel-Buffering", "no");
    out = context.res().getOutputStream();
    out.flush();
  }

  /**
   * An event, which goes out at once.
   *
   * @param name of the event, or null for none
   */
  public void send(String name, JsonNode data) throws IOException {
    write((name == null ? "" : "event: " + name + "\n") + "data: " + data + "\n\n");
  }

  /** A text that is no JSON, such as {@code [DONE]}. */
  public void send(String data) throws IOException {
    write("data: " + data + "\n\n");
  }

  /** Nothing, so that whoever is between does not take the connection for dead. */
  public void comment() throws IOException {
    write(": \n\n");
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
