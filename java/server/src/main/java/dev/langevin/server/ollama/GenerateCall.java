package dev.langevin.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions.Lora;
import dev.langevin.server.Authentication;
import dev.langevin.server.Fault;
import dev.langevin.server.Job;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import dev.langevin.server.Session;
import dev.langevin.server.Work;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** {@code POST /api/generate}: a picture, with lines of progress before it unless {@code stream} is false. */
final class GenerateCall {

  private final ServerContext server;

  GenerateCall(ServerContext server) {
    this.server = server;
  }

  /** A picture's file. */
  private record Made(byte[] file, long seed) {}

  /** A step of how many. */
  private record Progress(int step, int of) {}

  void answer(Context context) {
    JsonNode body = OllamaRoutes.body(context);
    ServedModel model = OllamaRoutes.model(server, body);
    Asked asked = Asked.of(body, server.options());
    long start = System.nanoTime();
    if (asked.prompt().isEmpty()) {
      load(context, model, body, asked, start);
      return;
    }
    List<Lora> loras = server.loras().of(asked.prompt());
    BlockingQueue<Progress> steps = new LinkedBlockingQueue<>();
    long seed = asked.seed() != null ? asked.seed() : ThreadLocalRandom.current().nextLong(1L << 31);
    Job<Made> job = submit(context, model, asked.streams()
        ? (step, total, preview) -> steps.offer(new Progress(step, total)) : GenerationListener.NONE,
        session -> make(session, request(session, asked, loras, seed)));
    if (asked.streams()) {
      stream(context, model, job, steps, start);
    } else {
      OllamaRoutes.json(context, done(model, job.await(), start));
    }
  }

  private static Made make(Session session, GenerationRequest request) {
    Generation made = session.generate(request);
    return new Made(Pictures.encode(made.image(0), PictureFormat.PNG, session.texts(made, 0), null), made.seed(0));
  }

  private <T> Job<T> submit(Context context, ServedModel model, GenerationListener listener, Work<T> work) {
    Job<T> job = server.queue().submit(Authentication.client(context), model, null, listener, work);
    server.clients().cancelWithClient(context, job);
    return job;
  }

  private static GenerationRequest request(Session session, Asked asked, List<Lora> loras, long seed) {
    GenerationRequest.Builder request = GenerationRequest.prompt(asked.prompt()).seed(seed).steps(asked.steps())
        .guidance(session.model().guidance()).loras(loras);
    if (asked.width() != null || asked.height() != null) {
      int width = asked.width() == null ? session.facts().width() : asked.width();
      int height = asked.height() == null ? session.facts().height() : asked.height();
      request.size(width, height);
    }
    return request.build();
  }

  /** An empty prompt loads the model, or unloads it where it is to be kept for no time. */
  private void load(Context context, ServedModel model, JsonNode body, Asked asked, long start) {
    boolean unloads = body.path("keep_alive").asText("").matches("0|0s|0m|0h");
    if (unloads) {
      server.models().unload(model);
    } else {
      submit(context, model, GenerationListener.NONE, session -> session.facts()).await();
    }
    ObjectNode answer = line(model);
    answer.put("response", "");
    end(answer, unloads ? "unload" : "load", start);
    if (asked.streams()) {
      context.contentType("application/x-ndjson").result(answer + "\n");
    } else {
      OllamaRoutes.json(context, answer);
    }
  }

  /** A fault before the first line has its status; after it, it is the last line. */
  private static void stream(Context context, ServedModel model, Job<Made> job, BlockingQueue<Progress> steps,
      long start) {
    boolean begun = false;
    try {
      OutputStream out = null;
      while (!job.isDone() || !steps.isEmpty()) {
        Progress progress = steps.poll(20, TimeUnit.MILLISECONDS);
        if (progress != null) {
          if (out == null) {
            context.contentType("application/x-ndjson");
            out = context.res().getOutputStream();
          }
          begun = true;
          ObjectNode line = line(model);
          line.put("response", "");
          line.put("done", false);
          line.put("completed", progress.step);
          line.put("total", progress.of);
          write(out, line);
        }
      }
      ObjectNode last = done(model, job.await(), start);
      context.contentType("application/x-ndjson");
      write(context.res().getOutputStream(), last);
    } catch (IOException e) { // the client has gone
      job.cancel();
    } catch (InterruptedException e) {
      job.cancel();
      Thread.currentThread().interrupt();
    } catch (Fault fault) {
      if (!begun) {
        throw fault;
      }
      fail(context, fault);
    }
  }

  private static void fail(Context context, Fault fault) {
    try {
      write(context.res().getOutputStream(), ServerContext.JSON.createObjectNode().put("error", fault.getMessage()));
    } catch (IOException e) {
      return; // nobody reads it
    }
  }

  private static void write(OutputStream out, ObjectNode line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static ObjectNode line(ServedModel model) {
    ObjectNode line = ServerContext.JSON.createObjectNode();
    line.put("model", model.name());
    line.put("created_at", Instant.now().toString());
    return line;
  }

  private static ObjectNode done(ServedModel model, Made made, long start) {
    ObjectNode answer = line(model);
    answer.put("response", "");
    answer.put("image", Pictures.base64(made.file()));
    answer.put("seed", made.seed()); // beside what Ollama says: without it nobody could repeat the picture
    end(answer, "stop", start);
    return answer;
  }

  private static void end(ObjectNode answer, String reason, long start) {
    answer.put("done", true);
    answer.put("done_reason", reason);
    answer.put("total_duration", Math.max(1, System.nanoTime() - start));
    answer.put("load_duration", 0);
    answer.put("prompt_eval_count", 0);
    answer.put("eval_count", 0);
  }
}
