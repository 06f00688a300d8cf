package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way from the public call to the kernel is short, and is the one that docs/architecture.md draws. */
@Timeout(60)
class HopsTest {

  private static final Path ROOT = Path.of("../..");

  /** Most methods of ours on the backend's thread, and on the caller's; overloads of one name are one. */
  private static final int MOST = 10;

  @Test
  void shouldBeAsDocumented() throws Exception {
    List<StackTraceElement> computing;
    List<StackTraceElement> asking;
    CancellationToken token = new CancellationToken();
    try (Pipeline model = Pipelines.open(Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1"))) {
      GenerationRequest request = GenerationRequest.prompt("a cat").size(128, 128).steps(900).sampler("ddim").build();
      CompletableFuture<Thread> caller = new CompletableFuture<>();
      Thread thread = Thread.ofPlatform().start(() -> {
        caller.complete(Thread.currentThread());
        try {
          model.generate(request, (step, total, preview) -> true, token);
        } catch (RuntimeException e) {
          // cancelled
        }
      });
      computing =
          within("langevin-onednn", "dev.langevin.backend.onednn", "dev.langevin.diffusion.ReverseProcess.step");
      asking = within(thread.getName(), "dev.langevin.pipeline.engine.Turns", "dev.langevin.pipeline.engine.Run.walk");
      token.cancel();
      caller.get(10, TimeUnit.SECONDS).join();
    }
    String drawn = Files.readString(ROOT.resolve("docs/architecture.md"));
    for (List<StackTraceElement> hops : List.of(asking, computing)) {
      assertThat(names(hops)).hasSizeLessThanOrEqualTo(MOST);
      assertThat(names(hops)).allSatisfy(name -> assertThat(drawn).contains(name));
      for (StackTraceElement hop : hops) {
        assertThat(lines(hop.getFileName())).as("lines of " + hop.getFileName()).isLessThan(300);
      }
    }
  }

  private static List<String> names(List<StackTraceElement> hops) {
    return hops.stream()
        .map(hop -> hop.getClassName().substring(hop.getClassName().lastIndexOf('.') + 1).replaceAll("\\$.*", "") + "."
            + hop.getMethodName().replaceAll("lambda\\$(\\w+)\\$.*", "$1"))
        .distinct().toList();
  }

  /** Frames of ours on a thread, the outermost first, at a moment when it is in both. */
  private static List<StackTraceElement> within(String thread, String in, String and) throws InterruptedException {
    while (true) {
      for (var each : Thread.getAllStackTraces().entrySet()) {
        if (each.getKey().getName().equals(thread)) {
          List<StackTraceElement> ours =
              Arrays.stream(each.getValue()).filter(frame -> frame.getClassName().startsWith("dev.langevin."))
                  .filter(frame -> !frame.getClassName().contains("Test") && !frame.getClassName().contains("$$Lambda")
                      && !frame.getClassName().startsWith("dev.langevin.bindings"))
                  .toList().reversed();
          if (ours.stream().anyMatch(frame -> frame.getClassName().startsWith(in)) && ours.stream().anyMatch(
              frame -> (frame.getClassName() + "." + frame.getMethodName()).startsWith(and))) {
            return ours;
          }
        }
      }
      Thread.sleep(1);
    }
  }

  private static long lines(String file) throws IOException {
    try (Stream<Path> all = Files.walk(ROOT.resolve("java"))) {
      Path found =
          all.filter(each -> each.endsWith(file) && each.toString().contains("src/main")).findFirst().orElseThrow();
      return Files.readAllLines(found).size();
    }
  }
}
