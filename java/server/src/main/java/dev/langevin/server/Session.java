package dev.langevin.server;

import dev.langevin.cli.PictureText;
import dev.langevin.image.GenerationParameters;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.LoadOptions;
import dev.langevin.weights.UpdateNames;
import dev.langevin.weights.WeightsException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A job's turn: what its {@link Work} asks the engine with. One thread. */
public final class Session {

  private static final Logger LOG = System.getLogger("dev.langevin.server");

  private final Job<?> job;
  private final ModelPool models;
  private final ModelPool.Lease lease; // or null
  private final GenerationListener listener;
  private final List<RequestQueue.Watcher> watchers;
  private int generations;

  Session(Job<?> job, ModelPool models, ModelPool.Lease lease, GenerationListener listener,
      List<RequestQueue.Watcher> watchers) {
    this.job = job;
    this.models = models;
    this.lease = lease;
    this.listener = listener;
    this.watchers = watchers;
  }

  /** The job whose turn it is. */
  public Job<?> job() {
    return job;
  }

  /** Cancelled with the job; work without a model asks it now and then. */
  public CancellationToken token() {
    return job.token;
  }

  /** The model that it computes with; only for jobs that have one, as all that follows. */
  public ServedModel model() {
    return lease.model();
  }

  /** What the open model is and takes. */
  public ModelFacts facts() {
    return lease.pipeline().facts();
  }

  /** For questions; pictures are made by {@link #generate}. */
  public Pipeline pipeline() {
    return lease.pipeline();
  }

  /** How many calls of {@link #generate} there will be, for the job's progress. */
  public void expect(int generations) {
    job.parts = Math.max(1, generations);
  }

  /** Makes pictures, within the limits of memory and time; see {@link Pipeline#generate}. */
  public Generation generate(GenerationRequest request) {
    job.part = generations++;
    job.step = 0;
    return blaming(request, () -> {
      ModelPool.Booking booking = models.admit(lease, request, job.token);
      try {
        Generation made = lease.pipeline().generate(request, this::stepped, job.token);
        watchers.forEach(watcher -> watcher.generated(made));
        return made;
      } finally {
        booking.close();
      }
    });
  }

  /** The request with what is usual for the model; see {@link Pipeline#complete}. */
  public GenerationRequest complete(GenerationRequest request) {
    return blaming(request, () -> lease.pipeline().complete(request));
  }

  /** What picture k's file says of how it was made: {@link PictureText#of}, under its keyword. */
  public Map<String, String> texts(Generation made, int k) {
    return Map.of(GenerationParameters.KEYWORD, PictureText.of(made, k, lease.model().name(), machine()));
  }

  /** On what pictures are made: see {@link PictureText#machine}. */
  public Map<String, String> machine() {
    return PictureText.machine(models.options().backend, lease.pipeline().build(), models.options().precision());
  }

  /** A file of updates that is broken, or of another model, is what the request should not have named. */
  private static <T> T blaming(GenerationRequest request, Supplier<T> work) {
    try {
      return work.get();
    } catch (WeightsException e) {
      for (LoadOptions.Lora lora : request.loras()) {
        if (String.valueOf(e.getMessage()).contains(lora.file().toString())) {
          LOG.log(Level.WARNING, e.getMessage());
          throw new Fault(Fault.BAD_REQUEST, "lora_unusable", "the LoRA '" + UpdateNames.stem(lora.file())
              + "' cannot be used with this model; the server's log says why");
        }
      }
      throw e;
    }
  }

  /** Which generation of the job runs, from 0. */
  public int generation() {
    return generations - 1;
  }

  private boolean stepped(int step, int total, GenerationListener.Preview preview) {
    job.step = step;
    job.steps = total;
    watchers.forEach(RequestQueue.Watcher::stepped);
    if (job.isPreviewWanted()) {
      job.preview = preview.images();
    }
    return listener.stepped(step, total, preview);
  }
}
