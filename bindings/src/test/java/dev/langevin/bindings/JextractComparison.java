package dev.langevin.bindings;

import dev.langevin.bindings.NativeLibraries.Resource;
import dev.langevin.bindings.abi.NativeFunction;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Compares bindings with jextract's: its include lists always, what it generates where the profile has generated it.
 */
public final class JextractComparison {

  private JextractComparison() {}

  /** The functions that {@code bindings/jextract/LIST.txt} names. */
  public static List<String> included(String list) throws IOException {
    return Files.readAllLines(Path.of("jextract", list + ".txt")).stream()
        .map(line -> line.replaceFirst("^--include-function ", "")).toList();
  }

  /** One line for each function that the generated class declares in another way. */
  public static List<String> differences(List<NativeFunction> functions, String generated)
      throws ReflectiveOperationException {
    loadLibraries();
    return compared(functions, generated);
  }

  /** Likewise of NVIDIA's headers; a library of the same names stands for theirs. */
  @SuppressWarnings("restricted")
  public static List<String> nvidiaDifferences(List<NativeFunction> functions, String generated)
      throws ReflectiveOperationException {
    System.load(Path.of("target", "jextract", "libnvidia_names.so").toAbsolutePath().toString());
    return compared(functions, generated);
  }

  private static List<String> compared(List<NativeFunction> functions, String generated)
      throws ReflectiveOperationException {
    Class<?> header = Class.forName("dev.langevin.jextract." + generated);
    List<String> differences = new ArrayList<>();
    for (NativeFunction function : functions) {
      Method descriptor = header.getMethod(function.symbol() + "$descriptor");
      descriptor.setAccessible(true); // large headers are spread over superclasses that are not public
      FunctionDescriptor theirs = (FunctionDescriptor) descriptor.invoke(null);
      String declaration = "function " + function.symbol() + " " + theirs.returnLayout().map(
          JextractComparison::letter).orElse("v") + "="
          + theirs.argumentLayouts().stream().map(JextractComparison::letter).collect(Collectors.joining());
      if (!declaration.equals(function.declaration())) {
        differences.add("bound as " + function.declaration() + ", by jextract as " + declaration);
      }
    }
    return differences;
  }

  /** Generated code looks its symbols up among the libraries of its own class loader. */
  @SuppressWarnings("restricted")
  private static void loadLibraries() {
    NativeLibraries.shim();
    for (Resource library : List.of(NativeLibraries.OPENMP, NativeLibraries.ONE_DNN, NativeLibraries.SHIM)) {
      System.load(NativeLibraries.mapped(library.fileName()).getFirst());
    }
  }

  private static String letter(MemoryLayout layout) {
    if (layout instanceof AddressLayout) {
      return "p";
    }
    return switch (((ValueLayout) layout).carrier().getName()) {
      case "int" -> "i";
      case "long" -> "l";
      case "float" -> "f";
      case "double" -> "d";
      default -> layout.toString();
    };
  }
}
