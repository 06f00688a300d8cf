package dev.langevin.backend.onednn;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.MemoryDesc;
import dev.langevin.bindings.onednn.Primitive;
import dev.langevin.bindings.onednn.Primitive.Argument;
import dev.langevin.bindings.onednn.PrimitiveAttr;
import dev.langevin.bindings.onednn.PrimitiveDesc;
import dev.langevin.bindings.onednn.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * A node as one primitive, or as several in a row. It owns the descriptors; what it is bound to owns the primitives.
 */
final class PrimitiveOp implements PreparedOp {

  /** Which memory an argument lies in. */
  private enum Place {
    INPUT,
    OUTPUT,
    SCRATCH
  }

  /** An argument of a stage: number, layout, and where its bytes are. */
  record Operand(int number, MemoryDesc desc, Place place, int index) {
    static Operand input(int number, MemoryDesc desc, int input) {
      return new Operand(number, desc, Place.INPUT, input);
    }

    static Operand output(int number, MemoryDesc desc) {
      return output(number, desc, 0);
    }

    static Operand output(int number, MemoryDesc desc, int output) {
      return new Operand(number, desc, Place.OUTPUT, output);
    }

    /** In the scratch memory that the op's stages share, behind their scratchpads. */
    static Operand scratch(int number, MemoryDesc desc) {
      return new Operand(number, desc, Place.SCRATCH, 0);
    }
  }

  private record Stage(PrimitiveDesc desc, List<Operand> operands) {}

  private final String what;
  private final Engine engine;
  private final Stream stream;
  private final List<Stage> stages = new ArrayList<>();
  private final List<AutoCloseable> descriptors = new ArrayList<>();
  private WeightLayout[] layouts = new WeightLayout[0];
  private long sharedBytes;

  PrimitiveOp(String what, Engine engine, Stream stream) {
    this.what = what;
    this.engine = engine;
    this.stream = stream;
  }

  /** Keeps a descriptor until this is closed. */
  <T extends AutoCloseable> T own(T descriptor) {
    descriptors.add(descriptor);
    return descriptor;
  }

  PrimitiveOp stage(PrimitiveDesc desc, Operand... operands) {
    descriptors.add(desc);
    stages.add(new Stage(desc, List.of(operands)));
    return this;
  }

  /** Reserves scratch memory for intermediate results between the stages. */
  PrimitiveOp share(long bytes) {
    sharedBytes = Math.max(sharedBytes, (bytes + 63) / 64 * 64);
    return this;
  }

  /** The weights of one input are packed from {@code plain} to what the primitive asks for. */
  PrimitiveOp packs(int input, MemoryDesc plain, MemoryDesc packed) {
    return packs(input, plain, packed, "");
  }

  /** @param kind tells apart layouts of one blocking that see the weights differently */
  PrimitiveOp packs(int input, MemoryDesc plain, MemoryDesc packed, String kind) {
    layouts = java.util.Arrays.copyOf(layouts, Math.max(layouts.length, input + 1));
    layouts[input] = new Packing(plain, packed, packed.size(), kind + packed.blocking());
    return this;
  }

  @Override
  public String implementation() {
    LinkedHashSet<String> names = new LinkedHashSet<>();
    stages.forEach(stage -> names.add(stage.desc.implementation()));
    return String.join("+", names);
  }

  @Override
  public long scratchBytes() {
    return sharedBytes + stages.stream().mapToLong(stage -> stage.desc.scratchpadSize()).max().orElse(0);
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return index < layouts.length ? layouts[index] : null;
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    MemorySegment pad = scratch.asSlice(sharedBytes);
    List<Primitive> primitives = new ArrayList<>();
    try {
      for (Stage stage : stages) {
        List<Argument> arguments = new ArrayList<>();
        for (Operand o : stage.operands) {
          MemorySegment memory = switch (o.place) {
            case INPUT -> inputs.get(o.index);
            case OUTPUT -> outputs.get(o.index);
            case SCRATCH -> scratch;
          };
          arguments.add(new Argument(o.number, o.desc, memory));
        }
        primitives.add(new Primitive(what, engine, stream, stage.desc, arguments, pad));
      }
    } catch (Throwable e) {
      Closing.after(e, primitives);
      throw e;
    }
    return primitives.size() == 1
        ? new One(primitives.getFirst()) : new Several(primitives.toArray(Primitive[]::new));
  }

  @Override
  public void close() {
    try {
      Closing.all(descriptors);
    } finally {
      descriptors.clear();
    }
  }

  private record One(Primitive primitive) implements CompiledOp {
    @Override
    public void execute() {
      primitive.execute();
    }

    @Override
    public void close() {
      primitive.close();
    }
  }

  private record Several(Primitive[] primitives) implements CompiledOp {
    @Override
    public void execute() {
      for (Primitive primitive : primitives) {
        primitive.execute();
      }
    }

    @Override
    public void close() {
      Closing.all(List.of(primitives));
    }
  }

  /** Packs weights by a reorder primitive. */
  private final class Packing implements WeightLayout {

    private final MemoryDesc plain;
    private final MemoryDesc packed;
    private final long bytes;
    private final String name;

    Packing(MemoryDesc plain, MemoryDesc packed, long bytes, String name) {
      this.plain = plain;
      this.packed = packed;
      this.bytes = bytes;
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    /** The name lacks the order of the outer axes, and what the weights are seen as. */
    @Override
    public String identity() {
      return packed.places() == null ? null : name + " of " + plain.places() + " to " + packed.places();
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void pack(MemorySegment from, MemorySegment to) {
      try (PrimitiveAttr attr = new PrimitiveAttr();
          PrimitiveDesc desc = PrimitiveDesc.reorder(engine, plain, packed, attr);
          Arena scratch = Arena.ofConfined()) {
        MemorySegment pad = scratch.allocate(Math.max(desc.scratchpadSize(), 1), 64);
        try (Primitive reorder = new Primitive("pack weights", engine, stream, desc,
            List.of(new Argument(Primitive.SRC, plain, from), new Argument(Primitive.DST, packed, to)), pad)) {
          reorder.execute();
        }
      }
    }
  }
}
