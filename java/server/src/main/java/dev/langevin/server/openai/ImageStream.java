package dev.langevin.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.server.Fault;
import dev.langevin.server.Faults;
import dev.langevin.server.Job;
import dev.langevin.server.Sse;
import dev.langevin.server.ServerContext;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A request's pictures as events. The engine's thread leaves them here and goes on, however slowly the client reads;
 * there are few, since a request's partial pictures are.
 */
final class ImageStream implements ImageWork.Audience {

  private static final int QUIET_SECONDS = 10;

  private final BlockingQueue<Optional<ObjectNode>> events = new LinkedBlockingQueue<>();
  private final ImageRequest asked;

  ImageStream(ImageRequest asked) {
    this.asked = asked;
  }

  @Override
  public void partial(byte[] file, int index, int width, int height) {
    events.add(Optional.of(ImageAnswer.partial(asked, file, index, width, height)));
  }

  @Override
  public void made(ImageWork.Made picture) {
    events.add(Optional.of(ImageAnswer.completed(asked, picture)));
  }

  /** Writes events until the job has ended. What fails before the first is an answer with its own status. */
  void write(Context context, Job<?> job) throws IOException, InterruptedException {
    job.whenDone(() -> events.add(Optional.empty()));
    Sse sse = null;
    while (true) {
      Optional<ObjectNode> event = events.poll(QUIET_SECONDS, TimeUnit.SECONDS);
      if (event != null && event.isEmpty()) {
        break;
      }
      try {
        sse = sse == null ? new Sse(context) : sse;
        if (event == null) {
          sse.comment();
        } else {
          sse.send(event.get().get("type").textValue(), event.get());
        }
      } catch (IOException e) { // the client is gone
        job.cancel();
        return;
      }
    }
    try {
      job.await();
    } catch (Fault fault) {
      if (sse == null) {
        throw fault;
      }
      ObjectNode data = ServerContext.JSON.createObjectNode().put("type", "error");
      data.set("error", Faults.openAi(fault).get("error"));
      sse.send("error", data);
    }
  }
}
