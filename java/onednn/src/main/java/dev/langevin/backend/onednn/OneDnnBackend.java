package dev.langevin.backend.onednn;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.Memory;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.SharedDevice;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.bindings.shim.Shim;
import dev.langevin.graph.Node;
import dev.langevin.tensor.DType;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;

/** oneDNN on the CPU: a share of its {@link OneDnnDevice}. */
public final class OneDnnBackend implements Backend {

  private static final Set<Precision> PRECISIONS = EnumSet.of(Precision.F32, Precision.BF16, Precision.INT8);

  private final SharedDevice<OneDnnDevice>.Share share;

  OneDnnBackend(SharedDevice<OneDnnDevice>.Share share) {
    this.share = share;
  }

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public int device() {
    return 0;
  }

  @Override
  public int threads() {
    return share.device().threads();
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
    if (!PRECISIONS.contains(precision)) {
      return "the backend onednn has no precision " + precision.name().toLowerCase(Locale.ROOT)
          + ", which is for GPUs; use f32, bf16 or int8, or the backend cuda";
    }
    if (precision != Precision.BF16 || share.device().multipliesHalves()) {
      return null;
    }
    return "precision bf16 needs a processor for which oneDNN has kernels of bfloat16 (avx512_core or newer), and"
        + " this one offers " + OneDnn.effectiveCpuIsa() + "; use f32, or int8, which takes less memory still";
  }

  private String precisions() {
    return PRECISIONS.stream()
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
    facts.put("threads", String.valueOf(threads()));
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
    return prepare(node, kernels -> kernels.prepare(node, precision));
  }

  @Override
  public PreparedOp prepareOf(DType stored, Node node) {
    return prepare(node, kernels -> kernels.prepare(node, stored));
  }

  private PreparedOp prepare(Node node, Function<Kernels, PreparedOp> how) {
    try {
      return how.apply(share.device().kernels);
    } catch (NativeException e) {
      throw new UnsupportedOpException(node + ": oneDNN has no implementation: " + e.getMessage(), e);
    }
  }

  @Override
  public Memory memory() {
    return share.device().memory;
  }

  @Override
  public BlockKernels blocks() {
    return new ShimBlocks();
  }

  @Override
  public <T> T call(Callable<T> work) {
    return share.device().thread.call(work);
  }

  @Override
  public void post(long nanoseconds, Runnable work) {
    share.device().thread.post(nanoseconds, work);
  }

  @Override
  public boolean isCurrentThread() {
    return share.device().thread.isCurrent();
  }

  @Override
  public Backend share() {
    return new OneDnnBackend(share.again());
  }

  @Override
  public void close() {
    share.close();
  }
}
