package dev.langevin.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How many threads kernels run on: what the backend says, and what the system counts after a request. */
class ThreadCountTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  private static List<String> threads(Map<String, String> environment, List<String> options, String... asked)
      throws Exception {
    return OwnJvm.run(Program.class, environment, options, asked);
  }

  /** The JVM's number honours a container's quota; OpenMP's own does not. */
  @Test
  void shouldTakeTheProcessorsOfTheJvm() throws Exception {
    assertThat(threads(Map.of(), List.of("-XX:ActiveProcessorCount=1"))).containsExactly("1 1 1");
    assertThat(threads(Map.of(), List.of("-XX:ActiveProcessorCount=3"))).containsExactly("3 3 3");
  }

  @Test
  void shouldTakeWhatTheEnvironmentSays() throws Exception {
    assertThat(threads(Map.of("OMP_NUM_THREADS", "4"), List.of("-XX:ActiveProcessorCount=1"))).containsExactly("4 4 4");
  }

  @Test
  void shouldTakeWhatTheProgramAsksForBeforeAllElse() throws Exception {
    assertThat(threads(Map.of("OMP_NUM_THREADS", "4"), List.of("-XX:ActiveProcessorCount=1"), "2"))
        .containsExactly("2 2 2");
  }

  /** Prints the threads of the backend, of its facts, and of the process after a request. */
  static final class Program {

    public static void main(String[] arguments) throws Exception {
      BackendOptions options =
          arguments.length == 0 ? BackendOptions.usual() : BackendOptions.threads(Integer.parseInt(arguments[0]));
      try (Backend backend = Backend.open("onednn", options); Pipeline model = Pipelines.open(Path.of(MODEL))) {
        model.generate(GenerationRequest.prompt("a fox").steps(2).size(64, 64).build());
        System.out.println(backend.threads() + " " + backend.facts().get("threads") + " " + OwnJvm.engineThreads());
      }
    }
  }
}
