package dev.langevin.weights;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Float8;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A function or class that a checkpoint names, such as {@code torch.FloatStorage}: the list of those that may be named,
 * and what this reader makes of a call. No Python exists here to call anything: the list keeps a file from meaning
 * something else than it says, and from being taken for harmless where it is not to others.
 *
 * <p>
 * Inert names are what training leaves beside the weights of published models: the state of Lightning's callbacks,
 * losses as numpy scalars, hyper-parameters. They stand for themselves; calls of them, and what is put into them, are
 * dropped.
 *
 * @param name module and name with a dot between, those of Python 2's builtins as Python 3's
 */
record PickleName(String name) {

  private static final Map<String, DType> STORAGES = Map.of(
      "torch.DoubleStorage", DType.F64, "torch.FloatStorage", DType.F32, "torch.HalfStorage", DType.F16,
      "torch.BFloat16Storage", DType.BF16, "torch.LongStorage", DType.I64, "torch.IntStorage", DType.I32,
      "torch.ShortStorage", DType.I16, "torch.CharStorage", DType.I8, "torch.ByteStorage", DType.U8,
      "torch.BoolStorage", DType.BOOL);

  /** Bytes, whose type each tensor tells: element types that torch got after its classes of storages. */
  private static final String UNTYPED = "torch.storage.UntypedStorage";

  private static final Map<String, Float8> UNTYPED_ELEMENTS = Map.of(
      "torch.float8_e4m3fn", Float8.F8_E4M3, "torch.float8_e5m2", Float8.F8_E5M2, "torch.float8_e4m3fnuz",
      Float8.F8_E4M3FNUZ,
      "torch.float8_e5m2fnuz", Float8.F8_E5M2FNUZ, "torch.float8_e8m0fnu", Float8.F8_E8M0);

  private static final Set<String> DICTS =
      Set.of("collections.OrderedDict", "collections.defaultdict", "torch.nn.modules.container.ParameterDict");

  private static final Set<String> LISTS = Set.of("builtins.set", "builtins.frozenset", "builtins.list", "torch.Size");

  private static final Set<String> TENSORS = Set.of(
      "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
      "torch._utils._rebuild_parameter");

  private static final Set<String> INERT = Set.of(
      "pytorch_lightning.callbacks.ModelCheckpoint",
      "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
      "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
      "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
      "lightning.pytorch.callbacks.early_stopping.EarlyStopping",
      "pytorch_lightning.utilities.parsing.AttributeDict",
      "lightning.pytorch.utilities.parsing.AttributeDict",
      "argparse.Namespace",
      "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig", "omegaconf.nodes.AnyNode",
      "omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata", "typing.Any",
      "numpy.dtype", "numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
      "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "_codecs.encode",
      "torch.device", "torch.float64", "torch.float32", "torch.float16", "torch.bfloat16", "torch.int64",
      "builtins.dict", "builtins.int", "builtins.float", "builtins.str", "builtins.bool");

  static PickleName of(String module, String name) {
    return new PickleName((module.equals("__builtin__") ? "builtins" : module) + "." + name);
  }

  boolean isAllowed() {
    return isInert() || storage() != null || UNTYPED_ELEMENTS.containsKey(name) || DICTS.contains(name)
        || LISTS.contains(name) || TENSORS.contains(name);
  }

  boolean isInert() {
    return INERT.contains(name);
  }

  /** Element type of a class of storages, or null for another name. */
  DType storage() {
    return name.equals(UNTYPED) ? DType.U8 : STORAGES.get(name);
  }

  /**
   * What a call gives.
   *
   * @throws IllegalArgumentException if the name takes no such arguments
   */
  Object call(List<?> args) {
    if (isInert()) {
      return this;
    }
    if (DICTS.contains(name) && (args.isEmpty() || name.equals("collections.defaultdict"))) {
      return new LinkedHashMap<>(); // a list of entries as an argument, which Python 2 gave, could be copied without
                                    // end
    }
    if (LISTS.contains(name) && (args.isEmpty() || args.size() == 1 && args.getFirst() instanceof List<?>)) {
      return args.isEmpty() ? new ArrayList<>() : args.getFirst();
    }
    if (name.endsWith("_rebuild_parameter") && !args.isEmpty() && args.getFirst() instanceof StoredTensor tensor) {
      return tensor;
    }
    if (name.endsWith("_rebuild_tensor_v3") && args.size() >= 7 && args.get(0) instanceof StoredTensor.Storage bytes
        && bytes.encoding() == DType.U8 && args.get(6) instanceof PickleName type
        && UNTYPED_ELEMENTS.containsKey(type.name)) {
      StoredTensor.Storage storage =
          new StoredTensor.Storage(bytes.key(), UNTYPED_ELEMENTS.get(type.name), bytes.elements());
      return StoredTensor.of(storage, args.get(1), args.get(2), args.get(3));
    }
    if (name.contains("_rebuild_tensor") && !name.endsWith("_v3") && args.size() >= 4
        && args.get(0) instanceof StoredTensor.Storage storage) {
      return StoredTensor.of(storage, args.get(1), args.get(2), args.get(3));
    }
    throw new IllegalArgumentException("it does not take these " + args.size() + " arguments");
  }

  /**
   * Keys are hashed: of the values that a pickle can nest without end none may be one.
   *
   * @throws IllegalArgumentException if a value may not be a key
   */
  static Object key(Object value) {
    if (value instanceof String || value instanceof Long || value instanceof Double || value instanceof Boolean
        || value instanceof PickleName) {
      return value;
    }
    throw new IllegalArgumentException("a key is " + kind(value) + ", must be a string, a number or a class");
  }

  /** A value's kind for messages; never its contents, which can be cyclic. */
  static String kind(Object value) {
    return switch (value) {
      case null -> "None";
      case String s -> "a string";
      case Number n -> "a number";
      case Boolean b -> "a truth value";
      case Map<?, ?> m -> "a dict";
      case List<?> l -> "a list, tuple or set";
      case StoredTensor t -> "a tensor";
      case StoredTensor.Storage s -> "a storage";
      case PickleName n -> n.name();
      default -> "another value";
    };
  }
}
