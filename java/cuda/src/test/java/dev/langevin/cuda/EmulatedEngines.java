package dev.langevin.cuda;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.cuda.LayerGraph.Place;
import dev.langevin.cuda.LayerGraph.Step;
import dev.langevin.cuda.LayerGraph.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A library as cuDNN is one, whose engines compute a graph by what it says of its tensors, on the driver on the
 * processor. What they do is told by their names: {@code right}, {@code wrong} (the result is all ones), {@code idle}
 * (writes nothing), {@code slow} (right, several times over), {@code halves} (right, but refuses bytes), {@code broken}
 * (refuses to run).
 */
final class EmulatedEngines implements EngineLibrary {

  private static final int SLOW_RUNS = 8;

  private final Session session;
  private final List<String> names;
  final List<String> made = new ArrayList<>();
  private int live;

  EmulatedEngines(Session session, String... names) {
    this.session = session;
    this.names = List.of(names);
  }

  /** Engines that nobody has closed. */
  int live() {
    return live;
  }

  @Override
  public String title() {
    return "emulated engines";
  }

  @Override
  public String identity() {
    return title();
  }

  @Override
  public Candidates candidates(LayerGraph graph) {
    return new Candidates() {

      private int next;

      @Override
      public Engine next() {
        return next == names.size() ? null : new EmulatedEngine(names.get(next++), graph);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Engine read(LayerGraph graph, String kept) {
    if (!kept.startsWith("kept ")) {
      throw new NativeException("\"" + kept + "\" is no engine");
    }
    return new EmulatedEngine(kept.substring(5), graph);
  }

  @Override
  public void close() {}

  private final class EmulatedEngine implements Engine {

    private final String name;
    private final LayerGraph graph;
    private final Arena arena = Arena.ofShared();

    EmulatedEngine(String name, LayerGraph graph) {
      this.name = name;
      this.graph = graph;
      made.add(name);
      live++;
    }

    @Override
    public String library() {
      return "emulated";
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long workspaceBytes() {
      return 64;
    }

    @Override
    public String kept() {
      return "kept " + name;
    }

    @Override
    public void ask(long[] addresses, long workspace) {
      session.stream().fill(segment(workspace, workspaceBytes()), 0);
      switch (name) {
        case "right" -> launch(addresses).run(session.stream());
        case "halves" -> {
          if (graph.arithmetic().scaled()) {
            throw new NativeException("it multiplies no bytes");
          }
          launch(addresses).run(session.stream());
        }
        case "wrong" -> {
          Tensor result =
              graph.tensors().stream().filter(each -> each.place() == Place.RESULT).findFirst().orElseThrow();
          long elements = result.dims().stream().reduce(1L, Math::multiplyExact);
          session.stream().fill(segment(addresses[graph.tensors().indexOf(result)], elements * result.type().bytes()),
              result.type() == DataType.F32 ? Float.floatToRawIntBits(1) : 0x3f803f80);
        }
        case "idle" -> {}
        case "slow" -> {
          KernelLaunch launch = launch(addresses);
          for (int run = 0; run < SLOW_RUNS; run++) {
            launch.run(session.stream());
          }
        }
        default -> throw new NativeException("it is " + name);
      }
    }

    @SuppressWarnings("restricted")
    private static MemorySegment segment(long address, long bytes) {
      return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    private KernelLaunch launch(long[] addresses) {
      return switch (graph.steps().getFirst()) {
        case Step.Convolution s -> convolution(s, addresses);
        case Step.Product s -> product(s, addresses);
        case Step.Attention s -> attention(s, addresses);
        case Step.Each s -> throw new IllegalStateException("a graph does not begin with " + s);
      };
    }

    private KernelLaunch convolution(Step.Convolution s, long[] addresses) {
      List<Long> x = graph.tensors().get(s.x()).dims();
      List<Long> w = graph.tensors().get(s.weights()).dims();
      List<Long> y = graph.tensors().get(s.y()).dims();
      KernelLaunch launch = layer(s.x(), s.weights(), addresses).integer("n", x.get(0)).integer("height", x.get(2))
          .integer("width", x.get(3)).integer("input_channels", x.get(1)).integer("output_channels", y.get(1))
          .integer("dst_height", y.get(2)).integer("dst_width", y.get(3)).integer("kernel_height", w.get(2))
          .integer("kernel_width", w.get(3)).integer("stride", s.window().stride())
          .integer("pad_top", s.window().padTop()).integer("pad_left", s.window().padLeft())
          .integer("src_row_stride", x.get(1)).integers("weight_stride",
              graph.tensors().get(s.weights()).strides().stream().mapToLong(Long::longValue).toArray());
      return finish(launch, addresses, y.get(0) * y.get(2) * y.get(3), y.get(1));
    }

    private KernelLaunch product(Step.Product s, long[] addresses) {
      List<Long> a = graph.tensors().get(s.a()).dims();
      Tensor b = graph.tensors().get(s.b());
      long out = b.dims().get(2);
      KernelLaunch launch = layer(s.a(), s.b(), addresses).integer("n", a.get(1)).integer("height", 1)
          .integer("width", 1).integer("input_channels", a.get(2)).integer("output_channels", out)
          .integer("dst_height", 1).integer("dst_width", 1).integer("kernel_height", 1)
          .integer("kernel_width", 1).integer("stride", 1).integer("src_row_stride", a.get(2))
          .integers("weight_stride", b.strides().get(2), b.strides().get(1), 1, 1);
      return finish(launch, addresses, a.get(1), out);
    }

    private KernelLaunch layer(int source, int weights, long[] addresses) {
      return session.launch(Kernel.CONVOLUTION, arena).pointer("src", at(addresses[source]))
          .pointer("weights", at(addresses[weights])).choice("src_type", type(source))
          .choice("weight_type", type(weights));
    }

    /** The steps behind the first become what the kernel does last; scales have fields of their own. */
    private KernelLaunch finish(KernelLaunch launch, long[] addresses, long rows, long columns) {
      int result = graph.steps().size() == 1 ? first() : LayerGraph.NONE;
      int posts = 0;
      for (int i = 1; i < graph.steps().size(); i++) {
        Step.Each each = (Step.Each) graph.steps().get(i);
        if (each.b() != LayerGraph.NONE && graph.tensors().get(each.b()).place() == Place.SCALE) {
          launch.pointer(graph.tensors().get(each.b()).input() == 0 ? "src_scale" : "weight_scale",
              at(addresses[each.b()])).integer("src_scale_stride", 1);
        } else {
          post(launch, posts++, each, addresses);
        }
        result = each.y();
      }
      return launch.pointer("dst", at(addresses[result])).choice("dst_type", type(result)).units(
          Math.ceilDiv(rows, Constant.CONVOLUTION_TILE.value) * Math.ceilDiv(columns, Constant.CONVOLUTION_TILE.value));
    }

    private int first() {
      return switch (graph.steps().getFirst()) {
        case Step.Convolution s -> s.y();
        case Step.Product s -> s.c();
        default -> throw new IllegalStateException("attention has no steps behind it");
      };
    }

    private void post(KernelLaunch launch, int at, Step.Each each, long[] addresses) {
      Constant kind = switch (each.mode()) {
        case ADD -> Constant.POST_ADD;
        case MULTIPLY -> Constant.POST_MULTIPLY;
        case SILU, QUICK_GELU -> Constant.POST_SWISH;
        case GELU -> Constant.POST_GELU;
        case GELU_TANH -> Constant.POST_GELU_TANH;
        case RELU -> Constant.POST_RELU;
        case TANH -> Constant.POST_TANH;
      };
      double value = switch (each.mode()) {
        case SILU -> 1;
        case QUICK_GELU -> 1.702;
        default -> 0;
      };
      launch.choice("post", at, kind).real("value", at, value);
      if (each.b() != LayerGraph.NONE) {
        Tensor operand = graph.tensors().get(each.b());
        List<Long> d = operand.dims();
        boolean picture = d.size() == 4;
        long samples = picture ? d.get(0) : d.get(1); // a row is one
        long pixels = picture ? d.get(2) * d.get(3) : 1;
        if (operand.place() == Place.NUMBER) {
          launch.choice("post", at, Constant.POST_SCALE).real("value", at, operand.number());
        } else {
          launch.pointer("operand", at, at(addresses[each.b()])).choice("operand_type", at, type(each.b()))
              .integer("sample_stride", at, samples == 1 ? 0 : operand.strides().get(picture ? 0 : 1))
              .integer("pixel_stride", at, pixels == 1 ? 0 : operand.strides().get(3));
        }
      }
    }

    private KernelLaunch attention(Step.Attention s, long[] addresses) {
      Tensor q = graph.tensors().get(s.q());
      Tensor k = graph.tensors().get(s.k());
      Tensor v = graph.tensors().get(s.v());
      Tensor o = graph.tensors().get(s.o());
      return session.launch(Kernel.ATTENTION, arena).pointer("q", at(addresses[s.q()]))
          .pointer("k", at(addresses[s.k()])).pointer("v", at(addresses[s.v()])).pointer("dst", at(addresses[s.o()]))
          .choice("type", type(s.q())).integer("n", q.dims().get(0)).integer("heads", q.dims().get(1))
          .integer("head_size", q.dims().get(3)).integer("query_length", q.dims().get(2))
          .integer("key_length", k.dims().get(2)).integer("q_row_stride", q.strides().get(2))
          .integer("q_batch_stride", q.strides().get(0)).integer("k_row_stride", k.strides().get(2))
          .integer("k_batch_stride", k.strides().get(0)).integer("v_row_stride", v.strides().get(2))
          .integer("v_batch_stride", v.strides().get(0)).integer("dst_row_stride", o.strides().get(2))
          .integer("dst_batch_stride", o.strides().get(0)).real("scale", graph.tensors().get(s.scale()).number())
          .units(q.dims().get(0) * q.dims().get(1)
              * Math.ceilDiv(q.dims().get(2), Constant.ATTENTION_QUERIES.value));
    }

    private static MemorySegment at(long address) {
      return MemorySegment.ofAddress(address);
    }

    private Constant type(int tensor) {
      return switch (graph.tensors().get(tensor).type()) {
        case F32 -> Constant.F32;
        case F16 -> Constant.F16;
        case BF16 -> Constant.BF16;
        case S8 -> Constant.S8;
        default -> throw new IllegalStateException("no kernel for " + graph.tensors().get(tensor));
      };
    }

    @Override
    public void close() {
      live--;
      arena.close();
    }
  }
}
