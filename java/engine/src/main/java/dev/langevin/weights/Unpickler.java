package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocol 2 to 5 as torch writes it, and builds these values only: null, {@link Boolean},
 * {@link Long}, {@link BigInteger}, {@link Double}, {@link String}, {@link List} (lists, tuples and sets), {@link Map},
 * {@link StoredTensor}, its storage, and {@link PickleName}. Every other opcode, and every name that is not on that
 * class's list, is refused by name and place. The machine is described in CPython's {@code pickletools}.
 *
 * <p>
 * Nothing that a file can nest without end is hashed, compared or printed, and nothing here recurs; lengths are checked
 * against what is left before memory is taken, so a pickle costs memory in proportion to its own bytes.
 */
final class Unpickler {

  /**
   * Real ones have some hundred bytes a tensor, 400 kB for Stable Diffusion; the limit bounds what a forged one can
   * cost.
   */
  static final long MAX_BYTES = 16L << 20;

  /** The entries of a ParameterDict stand in a dict of their own under this key. */
  static final String PARAMETERS = "_parameters";

  /** Modules and classes have shorter names. */
  private static final int MAX_NAME = 1000;

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final String origin;
  private final MemorySegment bytes;
  private final List<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private final Map<String, StoredTensor.Storage> storages = new LinkedHashMap<>();
  private long at;
  private long opAt;
  private PickleOp op;

  /**
   * @param origin the file, for messages
   * @param bytes where the pickle begins; it may end before the segment does
   */
  Unpickler(String origin, MemorySegment bytes) {
    this.origin = origin;
    this.bytes = bytes.asSlice(0, Math.min(bytes.byteSize(), MAX_BYTES));
  }

  /** Storages by their keys, in the order in which they are named first. */
  Map<String, StoredTensor.Storage> storages() {
    return storages;
  }

  /** Bytes read. */
  long position() {
    return at;
  }

  /**
   * Reads to the end of the pickle.
   *
   * @throws WeightsException if anything in it is not allowed or malformed, naming it and its place
   */
  Object load() {
    while (true) {
      opAt = at;
      op = null;
      int code = Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, take(1)));
      op = PickleOp.of(code);
      if (op == null) {
        throw refusal("0x%02x is no opcode of a pickle".formatted(code));
      }
      if (op == PickleOp.STOP) {
        return pop();
      }
      try {
        execute();
      } catch (IllegalArgumentException e) {
        throw refusal(e.getMessage());
      }
    }
  }

  private void execute() {
    switch (op) {
      case PROTO -> {
        int protocol = u1();
        if (protocol < 2 || protocol > 5) {
          throw refusal("the protocol is " + protocol + ", must be 2 to 5");
        }
      }
      case FRAME -> take(8); // how many bytes to read ahead
      case MARK -> marks.push(stack.size());
      case NONE -> stack.add(null);
      case NEWTRUE -> stack.add(true);
      case NEWFALSE -> stack.add(false);
      case BININT -> stack.add((long) bytes.get(INT, take(4)));
      case BININT1 -> stack.add((long) u1());
      case BININT2 -> stack.add(Short.toUnsignedLong(bytes.get(SHORT, take(2))));
      case LONG1 -> stack.add(integer(u1()));
      case BINFLOAT -> stack.add(bytes.get(DOUBLE, take(8)));
      case BINUNICODE, BINSTRING -> stack.add(text(Integer.toUnsignedLong(bytes.get(INT, take(4)))));
      case BINUNICODE8 -> stack.add(text(bytes.get(LONG, take(8))));
      case SHORT_BINUNICODE, SHORT_BINSTRING -> stack.add(text(u1()));
      case BINBYTES -> skip(Integer.toUnsignedLong(bytes.get(INT, take(4))));
      case SHORT_BINBYTES -> skip(u1());
      case EMPTY_LIST, EMPTY_TUPLE, EMPTY_SET -> stack.add(new ArrayList<>());
      case TUPLE, FROZENSET -> stack.add(popMarked());
      case TUPLE1 -> stack.add(pop(1));
      case TUPLE2 -> stack.add(pop(2));
      case TUPLE3 -> stack.add(pop(3));
      case APPEND -> append(pop(1));
      case APPENDS, ADDITEMS -> append(popMarked());
      case EMPTY_DICT -> stack.add(new LinkedHashMap<>());
      case SETITEM -> put(pop(2));
      case SETITEMS -> put(popMarked());
      case BINGET -> stack.add(memoised(u1()));
      case LONG_BINGET -> stack.add(memoised(bytes.get(INT, take(4))));
      case BINPUT -> memo.put(u1(), top());
      case LONG_BINPUT -> memo.put(bytes.get(INT, take(4)), top());
      case MEMOIZE -> memo.put(memo.size(), top());
      case GLOBAL -> stack.add(allowed(line(), line()));
      case STACK_GLOBAL -> {
        List<Object> names = pop(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
          throw refusal("module and name must be strings");
        }
        stack.add(allowed(module, name));
      }
      case REDUCE, NEWOBJ -> call(pop(2));
      case BUILD -> build(pop());
      case BINPERSID -> stack.add(storage(pop()));
      default -> throw refusal("it is not among the opcodes that build tensors and plain values");
    }
  }

  private PickleName allowed(String module, String name) {
    if (module.length() + name.length() > MAX_NAME) {
      throw refusal("it asks for a name of more than " + MAX_NAME + " letters");
    }
    PickleName named = PickleName.of(module, name);
    if (!named.isAllowed()) {
      throw refusal("it asks for " + named.name().replaceAll("[^ -~]", "?")
          + ", which is not among the functions and classes that a"
          + " checkpoint of weights needs; nothing was run. Only where you trust its source, load it in Python and save"
          + " its tensors"
          + " as safetensors");
    }
    return named;
  }

  private void call(List<Object> functionAndArgs) {
    if (!(functionAndArgs.get(0) instanceof PickleName function) || !(functionAndArgs.get(1) instanceof List<?> args)) {
      throw refusal("it needs a function and a tuple, not " + PickleName.kind(functionAndArgs.get(0)) + " and "
          + PickleName.kind(functionAndArgs.get(1)));
    }
    try {
      stack.add(function.call(args));
    } catch (IllegalArgumentException e) {
      throw refusal(function.name() + ": " + e.getMessage());
    }
  }

  /**
   * Sets attributes: of dicts only a ParameterDict's hold tensors, under {@link #PARAMETERS}. They are not copied: a
   * pickle of few bytes could have that done without end.
   */
  private void build(Object state) {
    Object target = top();
    if (!(target instanceof Map<?, ?>) && !(target instanceof PickleName name && name.isInert())) {
      throw refusal("it sets attributes of " + PickleName.kind(target));
    }
    if (target instanceof Map<?, ?> && state instanceof Map<?, ?> attributes
        && attributes.get(PARAMETERS) instanceof Map<?, ?> parameters) {
      dict(target).put(PARAMETERS, parameters);
    }
  }

  private void append(List<Object> values) {
    switch (top()) {
      case List<?> list -> list(list).addAll(values);
      case PickleName name when name.isInert() -> {}
      case null, default -> throw refusal("it appends to " + PickleName.kind(top()));
    }
  }

  private void put(List<Object> keysAndValues) {
    Object target = top();
    if (keysAndValues.size() % 2 != 0) {
      throw refusal("a key has no value");
    }
    if (target instanceof PickleName name && name.isInert()) {
      return;
    }
    if (!(target instanceof Map<?, ?>)) {
      throw refusal("it puts entries into " + PickleName.kind(target));
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      dict(target).put(PickleName.key(keysAndValues.get(i)), keysAndValues.get(i + 1));
    }
  }

  @SuppressWarnings("unchecked") // only this class makes the lists and dicts on its stack, and all hold objects
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> dict(Object value) {
    return (Map<Object, Object>) value;
  }

  /**
   * {@code ('storage', class, key, device, elements)}, and in the older format a view within it, which only torch
   * before 0.4 made.
   */
  private StoredTensor.Storage storage(Object id) {
    if (!(id instanceof List<?> parts) || parts.size() < 5 || !"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof PickleName type) || !(parts.get(2) instanceof String key)
        || !(parts.get(4) instanceof Long elements) || elements < 0 || parts.size() > 5 && parts.get(5) != null) {
      throw refusal("it is not the description of a storage as torch 0.4 and later write it");
    }
    Encoding encoding = type.storage();
    if (encoding == null) {
      throw refusal(
          "storage '" + key + "' is of class " + type.name() + ", which is none of elements that can be read");
    }
    StoredTensor.Storage storage = new StoredTensor.Storage(key, encoding, elements);
    StoredTensor.Storage before = storages.putIfAbsent(key, storage);
    if (before != null && !before.equals(storage)) {
      throw refusal("storage '" + key + "' is once " + before.elements() + " x " + before.encoding().name()
          + " and once " + elements + " x " + encoding.name());
    }
    return storage;
  }

  private Object memoised(int index) {
    if (!memo.containsKey(index)) {
      throw refusal("nothing was put at " + Integer.toUnsignedString(index));
    }
    return memo.get(index);
  }

  /** Little-endian in two's complement; of no bytes 0. */
  private Number integer(int length) {
    byte[] digits = bytes.asSlice(take(length), length).toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i < length / 2; i++) {
      byte swapped = digits[i];
      digits[i] = digits[length - 1 - i];
      digits[length - 1 - i] = swapped;
    }
    BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(digits);
    return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
  }

  private String text(long length) {
    ByteBuffer utf8 = bytes.asSlice(take(length), length).asByteBuffer();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw refusal("the string is not UTF-8");
    }
  }

  /** Byte strings are arguments of inert names alone: 'builtins.bytes' says that one was there. */
  private void skip(long length) {
    take(length);
    stack.add(new PickleName("builtins.bytes"));
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (int c = u1(); c != '\n'; c = u1()) {
      if (line.length() == MAX_NAME) {
        throw refusal("it asks for a name of more than " + MAX_NAME + " letters");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private int u1() {
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, take(1)));
  }

  /** Moves on, to give the place of so many bytes. */
  private long take(long count) {
    long from = at;
    if (count < 0 || count > bytes.byteSize() - at) {
      throw refusal(bytes.byteSize() == MAX_BYTES ? "the pickle is longer than the limit of " + MAX_BYTES + " bytes"
          : "the pickle ends too early; download the file again");
    }
    at += count;
    return from;
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.peek();
  }

  private Object top() {
    requireDepth(1);
    return stack.getLast();
  }

  private Object pop() {
    requireDepth(1);
    return stack.removeLast();
  }

  private List<Object> pop(int count) {
    requireDepth(count);
    return cut(stack.size() - count);
  }

  private List<Object> popMarked() {
    if (marks.isEmpty()) {
      throw refusal("there is no mark on the stack");
    }
    return cut(marks.pop());
  }

  private List<Object> cut(int from) {
    List<Object> tail = stack.subList(from, stack.size());
    List<Object> values = new ArrayList<>(tail);
    tail.clear();
    return values;
  }

  private void requireDepth(int count) {
    if (stack.size() - floor() < count) {
      throw refusal("there are too few values on the stack");
    }
  }

  private WeightsException refusal(String reason) {
    return new WeightsException(
        origin + ": byte " + opAt + " of its pickle" + (op == null ? "" : ", opcode " + op) + ": " + reason);
  }
}
