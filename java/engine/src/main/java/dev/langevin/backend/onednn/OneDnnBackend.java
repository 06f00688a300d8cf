package dev.langevin.backend.onednn;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.EngineThread;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.bindings.onednn.Stream;
import dev.langevin.bindings.shim.Shim;
import dev.langevin.graph.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** oneDNN on the CPU. The engine and the stream live as long as the process. */
public final class OneDnnBackend implements Backend {

  /** Size of a huge page: smaller blocks gain nothing from them. */
  private static final long HUGE = 2L << 20;

  private final EngineThread thread = new EngineThread("langevin-onednn");
  private final Kernels kernels;

  OneDnnBackend() {
    kernels = thread.call(() -> {
      Engine engine = Engine.cpu();
      return new Kernels(engine, new Stream(engine));
    });
  }

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public String description() {
    return "oneDNN " + OneDnn.version() + ", cpu isa " + OneDnn.effectiveCpuIsa();
  }

  @Override
  public String build() {
    return description() + ", own kernels " + Shim.build() + " " + Shim.isaName() + " " + Shim.cpuFeatures();
  }

  @Override
  public String refusal(Precision precision) {
    if (precision != Precision.BF16 || thread.call(kernels::multipliesHalves)) {
      return null;
    }
    return "precision bf16 needs a processor for which oneDNN has kernels of bfloat16 (avx512_core or newer), and"
        + " this one offers " + OneDnn.effectiveCpuIsa() + "; use f32, or int8, which takes less memory still";
  }

  private String precisions() {
    return Arrays.stream(Precision.values())
        .map(p -> p.name().toLowerCase(Locale.ROOT) + (refusal(p) == null ? "" : " (not on this processor)"))
        .collect(Collectors.joining(", "));
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("CPU features", String.join(" ", Shim.cpuFeatures()));
    facts.put("oneDNN", description());
    facts.put("own kernels", Shim.isaName());
    facts.put("precisions", precisions());
    facts.put("threads", String.valueOf((int) call(Shim::threads)));
    facts.put("OpenMP", String.join(", ", NativeLibraries.mapped("libgomp")));
    for (String library : new String[] {"libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.13"}) {
      facts.put(library, NativeLibraries.installed(library) ? "found" : "not found");
    }
    return facts;
  }

  @Override
  public PreparedOp prepare(Node node) {
    return prepare(node, Precision.F32);
  }

  @Override
  public PreparedOp prepare(Node node, Precision precision) {
    try {
      return kernels.prepare(node, precision);
    } catch (NativeException e) {
      throw new UnsupportedOpException(node + ": oneDNN has no implementation: " + e.getMessage(), e);
    }
  }

  @Override
  public List<PreparedOp> candidates(Node node, Precision precision) {
    return kernels.candidates(node, precision);
  }

  @Override
  public MemorySegment allocate(long bytes, Arena arena) {
    return bytes < HUGE ? Backend.super.allocate(bytes, arena) : Shim.allocate(bytes, arena);
  }

  @Override
  public BlockKernels blocks() {
    return new ShimBlocks();
  }

  @Override
  public <T> T call(Callable<T> work) {
    return thread.call(work);
  }

  @Override
  public boolean isCurrentThread() {
    return thread.isCurrent();
  }
}
