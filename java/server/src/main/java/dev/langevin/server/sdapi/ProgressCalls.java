package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.server.Authentication;
import dev.langevin.server.Job;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import io.javalin.http.Context;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;

/** {@code progress}, {@code interrupt} and {@code skip}: of the oldest call of the client that asks, nobody else's. */
final class ProgressCalls {

  private final SdApi api;

  ProgressCalls(SdApi api) {
    this.api = api;
  }

  void answer(Context context) {
    SdJobs.Running running = api.jobs().of(Authentication.client(context));
    Job<?> job = running == null ? null : running.job();
    boolean without = isTrue(context, "skip_current_image") || isTrue(context, "skipCurrentImage");
    ObjectNode answer = ServerContext.JSON.createObjectNode();
    double progress = job == null ? 0 : running.isInterrupted() ? job.progress() : Math.min(0.999, job.progress());
    answer.put("progress", progress);
    answer.put("eta_relative", progress > 0 ? running.seconds() * (1 / progress - 1) : 0);
    ObjectNode state = answer.putObject("state");
    state.put("skipped", running != null && running.isSkipped());
    state.put("interrupted", running != null && running.isInterrupted());
    state.put("stopping_generation", false);
    state.put("job", running == null ? "" : running.name());
    state.put("job_count", running == null ? 0 : running.batches());
    state.put("job_timestamp", job == null ? "0" : Long.toString(job.created()));
    state.put("job_no", running == null ? 0 : running.batch());
    state.put("sampling_step", job == null ? 0 : job.step());
    state.put("sampling_steps", job == null ? 0 : job.steps());
    List<BufferedImage> previews = job == null || without || !api.settings().previews() ? List.of() : job.preview();
    answer.put("current_image", previews.isEmpty() ? null
        : Pictures.base64(Pictures.encode(previews.getFirst(), PictureFormat.PNG, Map.of(), null)));
    answer.put("textinfo", job != null && job.state() == Job.State.WAITING ? "Waiting..." : null);
    SdApiRoutes.json(context, answer);
  }

  private static boolean isTrue(Context context, String name) {
    return String.valueOf(context.queryParam(name)).matches("(?i)true|1");
  }

  void interrupt(Context context) {
    SdJobs.Running running = api.jobs().of(Authentication.client(context));
    if (running != null) {
      running.interrupt();
    }
    SdApiRoutes.json(context, Map.of());
  }

  void skip(Context context) {
    SdJobs.Running running = api.jobs().of(Authentication.client(context));
    if (running != null) {
      running.skip();
    }
    SdApiRoutes.json(context, Map.of());
  }
}
