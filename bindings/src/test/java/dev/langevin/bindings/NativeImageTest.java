package dev.langevin.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.webp.WebP;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * GraalVM's reachability metadata name every shape of call, which a native image cannot make while it runs. Catches a
 * function with a new shape; {@code -Dlangevin.documents=write} writes the file anew.
 */
class NativeImageTest {

  private static final Path FILE = Path.of(
      "src/main/resources/META-INF/native-image/dev.langevin/langevin-bindings/reachability-metadata.json");

  /** The C library's: those of Spinning, Loader, ProcessExit and AdvisoryLock. */
  private static final List<String> C_LIBRARY = List.of(call("jint", "void*", "void*", "jint"), call("jint", "void*"),
      call("void*", "void*", "jint"), call("void*"), call("void", "jint"),
      with("\"firstVariadicArg\": 2, \"captureCallState\": true", call("jint", "void*", "jint")),
      with("\"captureCallState\": true", call("jint", "jint", "jint")),
      with("\"captureCallState\": true", call("jint", "jint")));

  private static String with(String options, String call) {
    return call.replace("] }", "], \"options\": { " + options + " } }");
  }

  private static String call(String result, String... arguments) {
    return "{ \"returnType\": \"" + result + "\", \"parameterTypes\": ["
        + List.of(arguments).stream().map(each -> '"' + each + '"').collect(Collectors.joining(", ")) + "] }";
  }

  private static String call(FunctionDescriptor descriptor) {
    return call(descriptor.returnLayout().map(NativeImageTest::name).orElse("void"),
        descriptor.argumentLayouts().stream().map(NativeImageTest::name).toArray(String[]::new));
  }

  private static String name(MemoryLayout layout) {
    return layout instanceof AddressLayout ? "void*" : "j" + ((ValueLayout) layout).carrier();
  }

  @Test
  void shouldNameEveryShapeOfCall() throws Exception {
    Set<String> calls = new TreeSet<>(C_LIBRARY);
    for (String library : List.of("onednn", "shim", "cuda", "cudnn", "cublaslt", "nvrtc")) {
      Class<?> functions = Class.forName("dev.langevin.bindings." + library + ".Function");
      Method function = functions.getDeclaredMethod("function");
      function.setAccessible(true);
      for (Object each : functions.getEnumConstants()) {
        calls.add(call(((NativeFunction) function.invoke(each)).descriptor()));
      }
    }
    for (Field field : WebP.class.getDeclaredFields()) {
      if (field.getType() == NativeFunction.class) {
        field.setAccessible(true);
        calls.add(call(((NativeFunction) field.get(null)).descriptor()));
      }
    }
    calls.add(call(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG))); // KernelCall
    String written = """
        {
          "resources": [
            { "glob": "dev/langevin/native/**" },
            { "glob": "org/bytedeco/dnnl/linux-x86_64/*.so*" }
          ],
          "foreign": {
            "downcalls": [
              %s
            ]
          }
        }
        """.formatted(String.join(",\n      ", calls));
    if ("write".equals(System.getProperty("langevin.documents"))) {
      Files.writeString(FILE, written);
    }
    assertThat(FILE).hasContent(written);
  }
}
