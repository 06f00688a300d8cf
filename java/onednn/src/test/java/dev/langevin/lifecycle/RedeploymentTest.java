package dev.langevin.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A web application that brings the engine, started and stopped in one server again and again. */
class RedeploymentTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";
  private static final int DEPLOYMENTS = 4;

  @Test
  void shouldLeaveNeitherThreadsNorClassesBehind() throws Exception {
    List<String> lines = OwnJvm.run(Server.class, Map.of(), List.of("-Dmodel=" + MODEL));
    assertThat(lines).hasSize(2 * DEPLOYMENTS);
    for (int i = 0; i < DEPLOYMENTS; i++) {
      assertThat(lines.get(2 * i)).isEqualTo("running with 3 threads of 3"); // so that the next line means something
      assertThat(lines.get(2 * i + 1)).isIn("stopped: threads 0, class loaders 0",
          "stopped: threads 0, class loaders 1");
    }
  }

  /** The server: knows nothing of the engine. */
  static final class Server {

    public static void main(String[] arguments) throws Exception {
      List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
      for (int i = 0; i < DEPLOYMENTS; i++) {
        loaders.add(new WeakReference<>(deploy()));
        long alive = 2; // the JDK keeps the last one's types softly, in a cache of one entry
        for (int wait = 0; wait < 100 && (alive > 1 || OwnJvm.engineThreads() > 0); wait++) {
          System.gc();
          Thread.sleep(20);
          alive = loaders.stream().filter(loader -> loader.get() != null).count();
        }
        System.out.println("stopped: threads " + OwnJvm.engineThreads() + ", class loaders " + alive);
      }
    }

    private static ClassLoader deploy() throws Exception {
      List<URL> urls = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        urls.add(Path.of(entry).toUri().toURL());
      }
      try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
        Thread.currentThread().setContextClassLoader(loader);
        ((Runnable) loader.loadClass(Application.class.getName()).getConstructor().newInstance()).run();
        return loader;
      } finally {
        Thread.currentThread().setContextClassLoader(ClassLoader.getSystemClassLoader());
      }
    }
  }

  /** The application: answers one request, at three threads that its own share asks for. */
  public static final class Application implements Runnable {

    public Application() {}

    @Override
    public void run() {
      try (Backend backend = Backend.open("onednn", BackendOptions.threads(3));
          Pipeline model = Pipelines.open(Path.of(System.getProperty("model")))) {
        model.generate(GenerationRequest.prompt("a fox").steps(2).size(64, 64).build());
        System.out.println("running with " + OwnJvm.engineThreads() + " threads of " + backend.threads());
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
