package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Recorded work that a stream does again and again for the price of one call. */
public final class CudaGraph extends NativeHandle {

  private static final MethodHandle LAUNCH = Function.GRAPH_LAUNCH.function().handle();

  private final long nodes;

  private CudaGraph(long address, long nodes) {
    super(address, Kind.CUDA_GRAPH);
    this.nodes = nodes;
  }

  /** Makes what was recorded runnable, and gives up the record. */
  static CudaGraph instantiate(long graph) {
    try {
      long nodes = nodes(graph);
      return new CudaGraph(Function.GRAPH_INSTANTIATE.create("", graph, 0L), nodes);
    } finally {
      Function.GRAPH_DESTROY.call("", graph);
    }
  }

  private static long nodes(long graph) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      Function.GRAPH_NODES.call("", graph, 0L, count.address());
      return count.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  /** How many pieces of work it has. */
  public long nodes() {
    return nodes;
  }

  /** Asks the stream for all of it. */
  public void launch(CudaStream stream) {
    try {
      int status = (int) LAUNCH.invokeExact(address(), stream.address());
      Function.GRAPH_LAUNCH.check(nodes + " nodes", status);
    } catch (Throwable e) {
      throw CudaStream.unchecked(e);
    }
  }

  @Override
  protected void destroy(long open) {
    Function.GRAPH_EXEC_DESTROY.call("", open);
  }
}
