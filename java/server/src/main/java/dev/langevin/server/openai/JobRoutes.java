package dev.langevin.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.server.Authentication;
import dev.langevin.server.Fault;
import dev.langevin.server.Faults;
import dev.langevin.server.Fields;
import dev.langevin.server.Job;
import dev.langevin.server.Kept;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import dev.langevin.server.Sse;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Long work whose client may go and come back: {@code POST /v1/jobs} with the body of a generation or an edit, then
 * {@code GET /v1/jobs/ID}, its {@code /events}, or {@code DELETE}. What has ended is kept for a time, in memory.
 */
final class JobRoutes {

  private static final long PAUSE_MILLIS = 150;

  private final ServerContext server;
  private final Map<String, Entry> there = new LinkedHashMap<>(); // until they end; guarded by this
  private final Kept<Entry> ended;

  /** A job and what it was asked. */
  private record Entry(Job<List<ImageWork.Made>> job, ImageRequest asked, String address) {}

  JobRoutes(ServerContext server) {
    this.server = server;
    this.ended = server.kept();
  }

  void register(RoutesConfig routes) {
    routes.post("/v1/jobs", this::begin);
    routes.get("/v1/jobs", this::list);
    routes.get("/v1/jobs/{id}", context -> context.json(state(find(context), isPreview(context), true)));
    routes.get("/v1/jobs/{id}/events", this::events);
    routes.delete("/v1/jobs/{id}", this::delete);
  }

  private static boolean isPreview(Context context) {
    return "1".equals(context.queryParam("preview"));
  }

  private void begin(Context context) {
    Fields fields = OpenAiRoutes.json(context);
    ImageRequest asked = fields.has("images") || fields.has("image") ? OpenAiRoutes.edit(fields, server)
        : ImageRequest.of(ImageRequest.Kind.GENERATION, fields, null, null, server);
    if (asked.stream()) {
      throw Fault.of("stream", "a job is no stream; GET /v1/jobs/ID/events is one");
    }
    ImageWork work = new ImageWork(asked, ImageWork.Audience.NONE);
    Entry entry = new Entry(server.queue().submit(Authentication.client(context), asked.model(), null, work, work),
        asked, OpenAiRoutes.address(context));
    entry.job.prompt(asked.prompt());
    synchronized (this) {
      there.put(entry.job.id(), entry);
    }
    entry.job.whenDone(() -> keep(entry));
    context.status(202).header("Location", "/v1/jobs/" + entry.job.id()).json(state(entry, false, true));
  }

  private synchronized void keep(Entry entry) {
    if (there.remove(entry.job.id()) != null) { // else it was deleted
      long made = entry.job.state() != Job.State.DONE ? 0
          : entry.job.await().stream().mapToLong(picture -> picture.file().length).sum();
      ended.put(entry.job.id(), entry, made + entry.asked.bytes());
    }
  }

  /** Its own client's alone. */
  private Entry find(Context context) {
    String id = context.pathParam("id");
    Entry entry;
    synchronized (this) {
      entry = there.get(id);
    }
    entry = entry == null ? ended.get(id) : entry;
    if (entry == null || !entry.job.client().equals(Authentication.client(context))) {
      throw new Fault(Fault.NOT_FOUND, "job_not_found", "there is no such job; those that have ended are kept for "
          + server.options().keepSeconds + " seconds");
    }
    return entry;
  }

  private void list(Context context) {
    ObjectNode answer = ServerContext.JSON.createObjectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    Map<String, Entry> all = new LinkedHashMap<>(ended.all());
    synchronized (this) {
      all.putAll(there);
    }
    all.values().stream().filter(entry -> entry.job.client().equals(Authentication.client(context)))
        .forEach(entry -> data.add(state(entry, false, false)));
    answer.put("running", server.queue().jobs().size() - server.queue().waiting());
    answer.put("waiting", server.queue().waiting());
    context.json(answer);
  }

  private ObjectNode state(Entry entry, boolean preview, boolean result) {
    Job<List<ImageWork.Made>> job = entry.job;
    Job.State state = job.state();
    boolean over = job.isDone();
    ObjectNode answer = ServerContext.JSON.createObjectNode().put("id", job.id()).put("object", "job");
    answer.put("status", over || state == Job.State.WAITING ? state.name().toLowerCase(Locale.ROOT) : "running");
    answer.put("created", job.created() / 1000).put("model", entry.asked.model().name());
    answer.put("prompt", entry.asked.prompt()).put("progress", job.progress());
    answer.put("step", job.step()).put("steps", job.steps());
    answer.put("waited_seconds", job.waited() * 1e-9).put("seconds", job.lasted() * 1e-9);
    if (preview && !over) {
      List<BufferedImage> images = job.preview();
      if (!images.isEmpty()) {
        answer.put("preview",
            Pictures.base64(Pictures.encode(images.getFirst(), PictureFormat.PNG, Map.of(), null)));
      }
    }
    if (result && over) {
      try {
        answer.set("result", ImageAnswer.of(entry.asked, job.await(), server, entry.address));
      } catch (Fault fault) {
        answer.set("error", Faults.openAi(fault).get("error"));
      }
    }
    return answer;
  }

  /** Events {@code progress} as it changes, then {@code ended} with the result. */
  private void events(Context context) throws IOException, InterruptedException {
    Entry entry = find(context);
    boolean preview = isPreview(context);
    Sse sse = new Sse(context);
    ObjectNode before = null;
    while (!entry.job.isDone()) {
      ObjectNode now = state(entry, preview, false);
      ObjectNode told = now.deepCopy().without(List.of("seconds", "waited_seconds"));
      if (told.equals(before)) {
        sse.comment(); // which fails where the client is gone
      } else {
        sse.send("progress", now);
        before = told;
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    sse.send("ended", state(entry, false, true));
  }

  private void delete(Context context) {
    Entry entry = find(context);
    synchronized (this) {
      there.remove(entry.job.id());
    }
    ended.remove(entry.job.id());
    entry.job.cancel();
    context.status(204);
  }
}
