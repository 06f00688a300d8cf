package dev.langevin.examples;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.BackendProvider;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Memory;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TransitionKernel;
import dev.langevin.graph.Node;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * A backend of one's own, which lets another compute and takes the time of every kind of operation:
 * {@code OwnBackend MODEL PROMPT OUT}.
 *
 * <p>
 * A backend is found as a service, by its name; {@link Provider} and {@link Kernel} are listed in
 * {@code META-INF/services}. One for a device has memory and kernels of its own in the places where this passes on
 * ({@code prepare}, {@code memory}, {@code blocks}): docs/extending.md.
 */
public record OwnBackend(Backend inner) implements Backend {

  /** The backend's name. */
  public static final String NAME = "timed";

  private static final String INNER = "onednn";

  /** Nanoseconds by the kind of an operation, over all plans. */
  private static final Map<String, LongAdder> TIMES = new ConcurrentHashMap<>();

  /** Makes the backend known to {@link java.util.ServiceLoader}. */
  public static final class Provider implements BackendProvider {

    /** Made by the loader of services. */
    public Provider() {}

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public Backend open(int device, BackendOptions options) {
      return new OwnBackend(Backend.open(INNER, options));
    }
  }

  /** The sampler's arithmetic on this backend's memory. */
  public static final class Kernel implements TransitionKernel {

    /** Made by the loader of services. */
    public Kernel() {}

    @Override
    public String backend() {
      return NAME;
    }

    @Override
    public Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
      return TransitionKernel.of(INNER).prepare(memory, trajectory, denoiser, samples, guidance);
    }
  }

  /** An operation that is chosen, and, once it is bound to memory, timed. */
  private record TimedOp(PreparedOp inner, String kind) implements PreparedOp {

    @Override
    public String implementation() {
      return "timed " + inner.implementation();
    }

    @Override
    public long scratchBytes() {
      return inner.scratchBytes();
    }

    @Override
    public WeightLayout weightLayout(int index) {
      return inner.weightLayout(index);
    }

    @Override
    public PreparedOp compact() {
      PreparedOp compact = inner.compact();
      return compact == null ? null : new TimedOp(compact, kind);
    }

    @Override
    public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
      CompiledOp bound = inner.bind(inputs, outputs, scratch);
      LongAdder time = TIMES.computeIfAbsent(kind, key -> new LongAdder());
      return new CompiledOp() {
        @Override
        public void execute() {
          long before = System.nanoTime();
          bound.execute();
          time.add(System.nanoTime() - before);
        }

        @Override
        public void close() {
          bound.close();
        }
      };
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  @Override
  public PreparedOp prepare(Node node) {
    return new TimedOp(inner.prepare(node), node.op().getClass().getSimpleName());
  }

  @Override
  public PreparedOp prepare(Node node, Precision precision) {
    return new TimedOp(inner.prepare(node, precision), node.op().getClass().getSimpleName());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int device() {
    return inner.device();
  }

  @Override
  public int threads() {
    return inner.threads();
  }

  @Override
  public String description() {
    return "timed: " + inner.description();
  }

  @Override
  public String build() {
    return inner.build();
  }

  @Override
  public Map<String, String> facts() {
    return inner.facts();
  }

  @Override
  public String refusal(Precision precision) {
    return inner.refusal(precision);
  }

  @Override
  public BlockKernels blocks() {
    return inner.blocks();
  }

  @Override
  public Memory memory() {
    return inner.memory();
  }

  @Override
  public <T> T call(Callable<T> work) {
    return inner.call(work);
  }

  @Override
  public boolean isCurrentThread() {
    return inner.isCurrentThread();
  }

  @Override
  public Backend share() {
    return new OwnBackend(inner.share());
  }

  @Override
  public void close() {
    inner.close();
  }

  public static void main(String... arguments) {
    try (Pipeline model = Pipelines.open(Path.of(arguments[0]), LoadOptions.builder().backend(NAME).build())) {
      GenerationRequest request = GenerationRequest.prompt(arguments[1]).seed(1).steps(8).guidance(3).build();
      Images.writePng(model.generate(request).image(0), Path.of(arguments[2]));
    }
    TIMES.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue().sum(), a.getValue().sum()))
        .forEach(each -> System.out.printf("%-20s %8.2f ms%n", each.getKey(), each.getValue().sum() / 1e6));
  }
}
