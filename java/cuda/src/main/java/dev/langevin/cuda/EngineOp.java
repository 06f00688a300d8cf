package dev.langevin.cuda;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.cuda.LayerGraph.Place;
import dev.langevin.cuda.LayerGraph.Tensor;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A layer by a library's engine. What lies in another type than the engine reads is converted into scratch memory
 * before it, and a result of another type from there after it. What is read as bytes is quantised there, with its
 * scales behind it.
 */
final class EngineOp implements PreparedOp {

  private static final int RESULT = -1;

  /**
   * A value in the type in which the engine knows it.
   *
   * @param at where in the scratch memory
   */
  private record Converted(long at, DataType type) {}

  private final Session session;
  private final Node node;
  private final LayerGraph graph;
  private final Engine engine;
  private final Map<Integer, Converted> converted = new LinkedHashMap<>(); // by input or RESULT
  private final ByteInput bytes; // or null
  private final long workspace;

  EngineOp(Session session, Node node, LayerGraph graph, Engine engine) {
    this.session = session;
    this.node = node;
    this.graph = graph;
    this.engine = engine;
    bytes = graph.arithmetic() == Arithmetic.S8 ? ByteInput.of(node) : null;
    long end = 0;
    for (Tensor tensor : graph.tensors()) {
      int of = tensor.place() == Place.RESULT ? RESULT : tensor.input();
      if (converts(tensor) && !converted.containsKey(of)) {
        converted.put(of, new Converted(end, tensor.type()));
        end += tensor.type() == DataType.S8 ? bytes.scratchBytes()
            : Layers.aligned(value(of).shape().elements() * tensor.type().bytes());
      }
    }
    workspace = end;
  }

  private boolean converts(Tensor tensor) {
    return switch (tensor.place()) {
      case INPUT -> !node.input(tensor.input()).isWeight() && tensor.type() != Stored.type(node.input(tensor.input()));
      case RESULT -> tensor.type() != Stored.type(node.output());
      case NUMBER, BETWEEN, SCALE -> false;
    };
  }

  private Value value(int of) {
    return of == RESULT ? node.output() : node.input(of);
  }

  @Override
  public String implementation() {
    return engine.library() + ":" + graph.arithmetic().name().toLowerCase(Locale.ROOT) + ":" + engine.name();
  }

  @Override
  public long scratchBytes() {
    return workspace + engine.workspaceBytes();
  }

  @Override
  public WeightLayout weightLayout(int index) {
    if (!node.input(index).isWeight()) {
      return null;
    }
    return graph.tensors().stream().filter(each -> each.place() == Place.INPUT && each.input() == index).findFirst()
        .map(each -> each.type() == DataType.S8 ? ByteWeights.of(node.input(index).shape())
            : ArrangedWeights.of(node.input(index).shape(), each.type()))
        .orElse(null);
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    Launches launches = new Launches(session);
    try {
      long[] addresses = new long[graph.tensors().size()];
      for (int i = 0; i < addresses.length; i++) {
        Tensor tensor = graph.tensors().get(i);
        addresses[i] = switch (tensor.place()) {
          case INPUT -> memory(tensor, tensor.input(), inputs.get(tensor.input()), scratch);
          case RESULT -> memory(tensor, RESULT, outputs.getFirst(), scratch);
          case NUMBER -> launches.constants((float) tensor.number()).address();
          case BETWEEN -> 0;
          case SCALE -> scales(tensor.input(), inputs, scratch).address();
        };
      }
      converted.forEach((of, to) -> {
        if (to.type == DataType.S8) {
          bytes.quantise(launches, inputs.get(of), Stored.type(value(of)), scratch.asSlice(to.at));
        } else if (of != RESULT) {
          convert(launches, inputs.get(of), Stored.type(value(of)), scratch.asSlice(to.at), to.type, value(of));
        }
      });
      long workspaceAddress = engine.workspaceBytes() == 0 ? 0 : scratch.address() + workspace;
      launches.add(() -> engine.ask(addresses, workspaceAddress));
      if (converted.containsKey(RESULT)) {
        Converted from = converted.get(RESULT);
        convert(launches, scratch.asSlice(from.at), from.type, outputs.getFirst(), Stored.type(node.output()),
            node.output());
      }
      return launches;
    } catch (RuntimeException | Error e) {
      launches.close();
      throw e;
    }
  }

  /** Of the input or of the weights. */
  private MemorySegment scales(int of, List<MemorySegment> inputs, MemorySegment scratch) {
    if (bytes == null) {
      throw new IllegalStateException("no kernel gives the scales of " + graph.arithmetic() + " yet");
    }
    return of == 0 ? bytes.scales(scratch.asSlice(converted.get(of).at))
        : ByteWeights.of(node.input(of).shape()).scales(inputs.get(of));
  }

  private long memory(Tensor tensor, int of, MemorySegment own, MemorySegment scratch) {
    long start = converts(tensor) ? scratch.address() + converted.get(of).at : own.address();
    return start + tensor.offset() * tensor.type().bytes();
  }

  private static void convert(Launches launches, MemorySegment src, DataType from, MemorySegment dst, DataType to,
      Value value) {
    long elements = value.shape().elements();
    launches.add(Kernel.POINTWISE).pointer("src", src).pointer("dst", dst).integer("n", 1).integer("spatial", 1)
        .integer("channels", elements).choice("src_type", Stored.constant(from))
        .choice("dst_type", Stored.constant(to))
        .units(Math.ceilDiv(elements, Constant.POINTWISE_ELEMENTS.value));
  }
}
