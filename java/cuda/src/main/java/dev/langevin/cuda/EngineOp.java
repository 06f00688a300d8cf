package dev.langevin.cuda;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.cuda.LayerGraph.Place;
import dev.langevin.cuda.LayerGraph.Tensor;
import dev.langevin.graph.Node;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A layer by a library's engine. Activations are f32: what the engine wants in 16 bits is converted into scratch memory
 * before it, and its result from there after it.
 */
final class EngineOp implements PreparedOp {

  private static final long ALIGNMENT = 256;
  private static final int RESULT = -1;

  private final Session session;
  private final Node node;
  private final LayerGraph graph;
  private final Engine engine;
  private final Map<Integer, Long> converted = new LinkedHashMap<>(); // where in the scratch memory, by input or RESULT
  private final long workspace;

  EngineOp(Session session, Node node, LayerGraph graph, Engine engine) {
    this.session = session;
    this.node = node;
    this.graph = graph;
    this.engine = engine;
    long end = 0;
    for (Tensor tensor : graph.tensors()) {
      int of = tensor.place() == Place.RESULT ? RESULT : tensor.input();
      if (converts(tensor) && !converted.containsKey(of)) {
        converted.put(of, end);
        end += aligned(elements(of) * tensor.type().bytes());
      }
    }
    workspace = end;
  }

  private boolean converts(Tensor tensor) {
    return switch (tensor.place()) {
      case INPUT -> tensor.type() != DataType.F32 && !node.input(tensor.input()).isWeight();
      case RESULT -> tensor.type() != DataType.F32;
      case NUMBER, BETWEEN -> false;
    };
  }

  private long elements(int of) {
    return (of == RESULT ? node.output() : node.input(of)).shape().elements();
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  @Override
  public String implementation() {
    return "cudnn:" + graph.arithmetic().name().toLowerCase(Locale.ROOT) + ":" + engine.name();
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
        .map(each -> ArrangedWeights.of(node.input(index).shape(), each.type())).orElse(null);
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
        };
      }
      DataType values = graph.arithmetic().values;
      converted.forEach((of, at) -> {
        if (of != RESULT) {
          convert(launches, inputs.get(of), DataType.F32, scratch.asSlice(at), values, elements(of));
        }
      });
      long workspaceAddress = engine.workspaceBytes() == 0 ? 0 : scratch.address() + workspace;
      launches.add(() -> engine.ask(addresses, workspaceAddress));
      if (converted.containsKey(RESULT)) {
        convert(launches, scratch.asSlice(converted.get(RESULT)), values, outputs.getFirst(), DataType.F32,
            elements(RESULT));
      }
      return launches;
    } catch (RuntimeException | Error e) {
      launches.close();
      throw e;
    }
  }

  private long memory(Tensor tensor, int of, MemorySegment own, MemorySegment scratch) {
    long start = converts(tensor) ? scratch.address() + converted.get(of) : own.address();
    return start + tensor.offset() * tensor.type().bytes();
  }

  private static void convert(Launches launches, MemorySegment src, DataType from, MemorySegment dst, DataType to,
      long elements) {
    launches.add(Kernel.POINTWISE).pointer("src", src).pointer("dst", dst).integer("n", 1).integer("spatial", 1)
        .integer("channels", elements).choice("src_type", constant(from)).choice("dst_type", constant(to))
        .units(Math.ceilDiv(elements, Constant.POINTWISE_ELEMENTS.value));
  }

  private static Constant constant(DataType type) {
    return switch (type) {
      case F32 -> Constant.F32;
      case F16 -> Constant.F16;
      case BF16 -> Constant.BF16;
      case S8, S32, F8_E4M3, F8_E5M2 -> throw new IllegalArgumentException("no conversion to " + type);
    };
  }
}
