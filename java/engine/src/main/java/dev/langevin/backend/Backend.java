package dev.langevin.backend;

import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A library of kernels on one device, of which a process has one: whoever opens it gets a share of the same. It serves
 * any number of plans and threads; its kernels run on the backend's own thread, so that every plan shares one pool of
 * worker threads. Each share is closed by who opened it, after the plans made with it; with the last one the threads
 * end.
 */
public interface Backend extends AutoCloseable {

  /** For example {@code onednn} or {@code reference}. */
  String name();

  /** Index of the device, from 0. */
  int device();

  /** How many threads kernels run on. */
  int threads();

  /** Library, version and instruction set, for people. */
  String description();

  /** Which libraries at which instruction sets pack weights: another build may pack to other bytes. */
  String build();

  /** What the backend found on this machine, for people: what it is about, and what there is. */
  Map<String, String> facts();

  /** Why this machine lacks a precision, in a sentence with the remedy; null where it has it. From any thread. */
  default String refusal(Precision precision) {
    return null;
  }

  /** Why it does not train, in a sentence with the remedy; null where it has all gradients and an optimiser. */
  default String trainingRefusal() {
    return null;
  }

  /**
   * Chooses an implementation for a node, without memory yet. The caller closes it.
   *
   * @throws UnsupportedOpException if there is none, naming op, shapes and what was tried
   */
  PreparedOp prepare(Node node);

  /**
   * {@link #prepare(Node)}, in a coarser arithmetic where the backend has a kernel of it for the node.
   *
   * @throws UnsupportedOpException if there is no implementation
   */
  default PreparedOp prepare(Node node, Precision precision) {
    return prepare(node);
  }

  /**
   * {@link #prepare(Node)} for weights that are all numbers of a type, which may lie so: the same results but for
   * rounding, less memory.
   *
   * @throws UnsupportedOpException if there is no implementation
   */
  default PreparedOp prepareOf(DType stored, Node node) {
    return prepare(node);
  }

  /**
   * The values of a graph that lie on the device in another type than their own, with that type: the graph's nodes are
   * prepared with them so. None is an input, an output or a weight of the graph.
   *
   * @param exact nodes that keep f32 in every precision
   */
  default Map<Value, DType> storage(Graph graph, Set<Node> exact, Precision precision) {
    return Map.of();
  }

  /**
   * For how many steps of a run a network's embedding of the time is computed ahead, as one product
   * ({@code TimesAhead}); 0 where each step computes its own.
   */
  default int timesAhead() {
    return 0;
  }

  /** What an optimiser and a sampler need. */
  BlockKernels blocks();

  /** What the kernels reach. */
  Memory memory();

  /**
   * Makes a program of bound ops. They stay the caller's, who closes them after the program.
   *
   * @param ends the op behind each slice's last, ascending; the last is their number
   */
  default Program program(List<CompiledOp> ops, int[] ends) {
    return new LoopProgram(ops, ends);
  }

  /** Runs work on the backend's thread and waits; runs it at once where the caller is that thread. */
  <T> T call(Callable<T> work);

  /**
   * Has work done on the backend's thread and does not wait for it, nor tell what it throws.
   *
   * @param nanoseconds from now, at the least; 0 for as soon as what was asked for before is done
   */
  default void post(long nanoseconds, Runnable work) {
    Thread.ofVirtual().start(() -> {
      LockSupport.parkNanos(nanoseconds);
      call(() -> {
        work.run();
        return null;
      });
    });
  }

  /** Whether the caller is on the backend's thread. */
  boolean isCurrentThread();

  /** Another share of the same, for who must outlive this one's user; closed by who asks for it. */
  Backend share();

  /**
   * Gives this share up, once; every call of it but this one is an {@link IllegalStateException} from then on. With the
   * last share the backend's thread and its worker threads end: before this returns, or, where the caller is the
   * backend's thread, when its work returns.
   */
  @Override
  void close();

  /**
   * {@link #open} with the usual options, for programs that use the backend until they end: this share is never closed.
   */
  static Backend named(String name) {
    return open(name, BackendOptions.usual());
  }

  /**
   * A share of a device's backend, which starts now where it is not open yet.
   *
   * @param name such as {@code onednn} or {@code cuda:1}
   * @throws IllegalArgumentException if there is no such backend or device, naming those there are
   * @throws IllegalStateException if it is open with another number of threads than is asked for
   */
  static Backend open(String name, BackendOptions options) {
    DeviceName wanted = DeviceName.parse(name);
    BackendProvider provider = provider(wanted);
    if (provider != null) {
      return provider.open(wanted.device(), options);
    }
    throw new IllegalArgumentException("no backend is named '" + wanted.backend() + "'; there are: "
        + providers().map(BackendProvider::name).collect(Collectors.joining(", "))
        + (wanted.backend().equals("onednn") ? "; add the artifact dev.langevin:langevin-onednn, which brings it"
            : ""));
  }

  /**
   * In which precision a device computes models that none is asked of: f16 on {@code cuda}, else f32. Nothing is
   * opened; of an unknown backend, which {@link #open} refuses, it is f32 as well.
   *
   * @throws IllegalArgumentException if the name is none of a device
   */
  static Precision usualPrecision(String name) {
    BackendProvider provider = provider(DeviceName.parse(name));
    return provider == null ? Precision.F32 : provider.usualPrecision();
  }

  private static BackendProvider provider(DeviceName wanted) {
    return providers().filter(each -> each.name().equals(wanted.backend())).findFirst().orElse(null);
  }

  private static Stream<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class, Backend.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get);
  }
}
