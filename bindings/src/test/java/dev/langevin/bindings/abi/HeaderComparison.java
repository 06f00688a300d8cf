package dev.langevin.bindings.abi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Compares Java's declarations with what native/abi/abi_check.cpp has printed of the headers. */
public final class HeaderComparison {

  private HeaderComparison() {}

  /**
   * One line for each declaration that differs or that only one side has; none if all agree.
   *
   * @param java lines as {@link NativeFunction#declaration} and {@link Struct#declaration} give them
   * @param prefix of the names that are compared: {@code dnnl_} or {@code lgv_}, in either case
   */
  public static List<String> differences(Collection<String> java, String prefix) {
    List<String> c =
        text("/dev/langevin/native/abi.txt").lines()
            .filter(line -> name(line).regionMatches(true, 0, prefix, 0, prefix.length())).toList();
    if (c.isEmpty()) {
      throw new IllegalStateException("abi.txt has no declaration of " + prefix + "*");
    }
    return differences(java, c);
  }

  /**
   * Likewise with what native/abi/abi_nvidia.cpp has printed of the headers of CUDA 13.0 and cuDNN 9.24.
   *
   * @param names a pattern of the names that are compared
   */
  public static List<String> nvidiaDifferences(Collection<String> java, String names) {
    return differences(java,
        text("/dev/langevin/bindings/abi-nvidia.txt").lines().filter(line -> name(line).matches(names)).toList());
  }

  static List<String> differences(Collection<String> java, Collection<String> c) {
    Map<String, String> javas = byName(java);
    Map<String, String> cs = byName(c);
    TreeSet<String> names = new TreeSet<>(javas.keySet());
    names.addAll(cs.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      if (!javas.containsKey(name)) {
        differences.add(name + ": checked by native/abi/abi_check.cpp as " + cs.get(name) + ", not bound in Java");
      } else if (!cs.containsKey(name)) {
        differences.add(name + ": bound in Java as " + javas.get(name) + ", not checked by native/abi/abi_check.cpp");
      } else if (!javas.get(name).equals(cs.get(name))) {
        differences.add(name + ": Java has " + javas.get(name) + ", C has " + cs.get(name));
      }
    }
    return differences;
  }

  private static String text(String resource) {
    try (InputStream in = HeaderComparison.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String name(String line) {
    return line.split(" ")[1];
  }

  /** {@code kind name} to the rest of the line. */
  private static Map<String, String> byName(Collection<String> lines) {
    Map<String, String> map = new TreeMap<>();
    for (String line : lines) {
      int end = line.indexOf(' ', line.indexOf(' ') + 1);
      String before = map.put(line.substring(0, end), line.substring(end + 1));
      if (before != null) {
        throw new IllegalStateException("declared twice: " + line);
      }
    }
    return map;
  }
}
