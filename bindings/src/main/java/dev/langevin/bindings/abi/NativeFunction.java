package dev.langevin.bindings.abi;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A C function, declared by its name and its signature, such as {@code l=pi}: the letter of the result, or {@code v}
 * for none, an equals sign, the letters of the arguments (see {@link Scalar}). Its library is looked at when the
 * function is first used. Thread-safe.
 */
public final class NativeFunction {

  /** By the functions' shape: making one takes milliseconds, and a few serve all. */
  private static final Map<FunctionDescriptor, MethodHandle> BOXED = new ConcurrentHashMap<>();

  private record Boxed(MemorySegment address, MethodHandle handle) {}

  private final String symbol;
  private final String signature;
  private final String library;
  private final Supplier<SymbolLookup> lookup;
  private volatile MethodHandle handle;
  private volatile Boxed boxed;

  /** {@code library} is its name and version, for the error that a function which it lacks gives. */
  public NativeFunction(String symbol, String signature, String library, Supplier<SymbolLookup> lookup) {
    this.symbol = symbol;
    this.signature = signature;
    this.library = library;
    this.lookup = lookup;
  }

  public String symbol() {
    return symbol;
  }

  /** The line that native/abi prints for this function if the header declares it so. */
  public String declaration() {
    return "function " + symbol + " " + signature;
  }

  public FunctionDescriptor descriptor() {
    MemoryLayout[] arguments =
        signature.substring(2).chars().mapToObj(c -> Scalar.of((char) c).layout()).toArray(MemoryLayout[]::new);
    return signature.charAt(0) == 'v' ? FunctionDescriptor.ofVoid(arguments)
        : FunctionDescriptor.of(Scalar.of(signature.charAt(0)).layout(), arguments);
  }

  public MemorySegment address() {
    return lookup.get().find(symbol)
        .orElseThrow(() -> new NativeException("the library has no function " + symbol + "; is it " + library + "?"));
  }

  @SuppressWarnings("restricted")
  public MethodHandle handle() {
    MethodHandle bound = handle;
    if (bound == null) {
      bound = Linker.nativeLinker().downcallHandle(address(), descriptor());
      handle = bound;
    }
    return bound;
  }

  /** Calls with boxed arguments: for planning, not for steps. Gives null where the function has no result. */
  public Number invoke(Object... arguments) {
    Boxed bound = boxed;
    if (bound == null) {
      bound = new Boxed(address(), BOXED.computeIfAbsent(descriptor(), NativeFunction::boxed));
      boxed = bound;
    }
    try {
      return (Number) bound.handle.invokeExact(bound.address, arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(symbol, e); // a downcall handle throws nothing checked
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle boxed(FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(descriptor)
        .asSpreader(Object[].class, descriptor.argumentLayouts().size())
        .asType(MethodType.methodType(Number.class, MemorySegment.class, Object[].class));
  }

  /** Calls a function that returns static text. */
  @SuppressWarnings("restricted")
  public String text(Object... arguments) {
    return MemorySegment.ofAddress(invoke(arguments).longValue()).reinterpret(Long.MAX_VALUE).getString(0);
  }
}
