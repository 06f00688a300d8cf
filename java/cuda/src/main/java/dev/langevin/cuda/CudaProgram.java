package dev.langevin.cuda;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Program;
import dev.langevin.bindings.cuda.CudaEvent;
import dev.langevin.bindings.cuda.CudaGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Ops in one stream. What has run once, so that all its kernels are loaded, is captured as a graph at the second run,
 * and is one call from then on: addresses are fixed when the ops are bound, and their arguments never change. Each
 * slice is a graph of its own, made where slices are run.
 */
final class CudaProgram implements Program {

  private final Session session;
  private final Launches[] ops;
  private final List<Launches> checked;
  private final int[] ends;
  private final CudaGraph[] graphs; // one a slice, and one of all
  private final boolean[] warm;

  CudaProgram(Session session, List<CompiledOp> compiled, int[] ends) {
    this.session = session;
    this.ops = compiled.stream().map(Launches.class::cast).toArray(Launches[]::new);
    this.checked = Arrays.stream(ops).filter(Launches::checks).toList();
    this.ends = ends.clone();
    this.graphs = new CudaGraph[ends.length + 1];
    this.warm = new boolean[ends.length + 1];
    if ((ends.length == 0 ? 0 : ends[ends.length - 1]) != ops.length) {
      throw new IllegalArgumentException(
          "the slices end at " + Arrays.toString(ends) + ", there are " + ops.length + " ops");
    }
  }

  @Override
  public void run() {
    part(ends.length, 0, ops.length);
  }

  @Override
  public int slices() {
    return ends.length;
  }

  @Override
  public void run(int slice) {
    part(slice, slice == 0 ? 0 : ends[slice - 1], ends[slice]);
  }

  private void part(int index, int first, int end) {
    if (first == end) {
      return;
    }
    if (graphs[index] == null && warm[index]) {
      graphs[index] = session.make("a graph", () -> session.stream().capture(() -> ask(first, end)));
    }
    session.run("computing", () -> {
      if (graphs[index] != null) {
        graphs[index].launch(session.stream());
      } else {
        ask(first, end);
      }
    });
    warm[index] = true;
  }

  private void ask(int first, int end) {
    for (int i = first; i < end; i++) {
      ops[i].ask(session.stream());
    }
  }

  /** Times by the device's clock, between moments in the stream. */
  @Override
  public void run(long[] nanoseconds, int first) {
    List<CudaEvent> moments = new ArrayList<>();
    try {
      moments.add(moment());
      for (Launches op : ops) {
        op.execute();
        moments.add(moment());
      }
      session.await();
      for (int i = 0; i < ops.length; i++) {
        int at = i;
        nanoseconds[first + i] +=
            session.call("timing", () -> (long) (1e6 * moments.get(at + 1).milliseconds(moments.get(at))));
      }
    } finally {
      moments.forEach(session::free);
    }
  }

  private CudaEvent moment() {
    CudaEvent moment = session.make("an event", () -> CudaEvent.create(true));
    session.run("timing", () -> moment.record(session.stream()));
    return moment;
  }

  @Override
  public void run(IntConsumer done) {
    for (int i = 0; i < ops.length; i++) {
      ops[i].execute();
      session.await();
      done.accept(i);
    }
  }

  @Override
  public void await() {
    session.await();
    for (Launches op : checked) {
      op.requireRight();
    }
  }

  /** How many of its parts are graphs now. */
  int captured() {
    return (int) Arrays.stream(graphs).filter(each -> each != null).count();
  }

  @Override
  public void close() {
    List<AutoCloseable> made = new ArrayList<>();
    for (int i = 0; i < graphs.length; i++) {
      CudaGraph graph = graphs[i];
      if (graph != null) {
        graphs[i] = null;
        made.add(() -> session.free(graph));
      }
    }
    Closing.all(made);
  }
}
