package dev.langevin.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.hub.FakeHub.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another process fetches the same at once, or was killed at it. */
class TwoProgramsTest {

  @TempDir
  private Path home;

  private FakeHub server;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> notes = Collections.synchronizedList(new ArrayList<>());

  /** What the other process runs. */
  static final class Program {

    private Program() {}

    public static void main(String[] arguments) throws HubException {
      try (ModelHub hub = ModelHub.usual()) {
        System.out.println(hub.fetch(ModelReference.parse(arguments[0]), FetchListener.NONE));
      }
    }
  }

  @BeforeEach
  void publish() throws IOException {
    server = new FakeHub();
    server.publish(TinyModel.NAME, TinyModel.files());
    environment.put("HF_ENDPOINT", server.endpoint().toString());
    environment.put("HF_HOME", home.toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Process start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Program.class.getName(),
        TinyModel.NAME);
    builder.environment().keySet().removeIf(name -> name.startsWith("HF_"));
    builder.environment().putAll(environment);
    return builder.redirectError(home.resolve("errors").toFile()).redirectOutput(home.resolve("out").toFile()).start();
  }

  private Path fetch() throws HubException {
    try (ModelHub hub = new ModelHub(HubSettings.of(environment, home))) {
      return hub.fetch(ModelReference.parse(TinyModel.NAME), new FetchListener() {
        @Override
        public void note(String text) {
          notes.add(text);
          server.release();
        }
      });
    }
  }

  private Path blob(String ending) {
    return home.resolve("hub/models--tester--tiny/blobs/"
        + FakeHub.sha256(TinyModel.files().get(TinyModel.UNET)) + ending);
  }

  private void await(Path file) throws Exception {
    for (int i = 0; i < 600 && !(Files.exists(file) && Files.size(file) > 0); i++) {
      Thread.sleep(50);
    }
    assertThat(file).isNotEmptyFile();
  }

  @Test
  void shouldFetchEachFileOnceAndWait() throws Exception {
    environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "60");
    server.fail(TinyModel.UNET, HubFault.HELD);
    Process other = start();
    try {
      await(blob(".incomplete"));
      Path model = fetch();
      assertThat(model.resolve(TinyModel.UNET)).hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(home.resolve("out")).hasContent(model.toString());
      assertThat(notes).contains("another program fetches " + TinyModel.UNET + "; waiting for it");
      assertThat(server.requests()).filteredOn(request -> request.server().equals("storage"))
          .extracting(Request::path).doesNotHaveDuplicates().hasSize(3);
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void shouldGoOnFromWhereAKilledOneEnded() throws Exception {
    server.fail(TinyModel.UNET, HubFault.STALL);
    environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "60");
    Process other = start();
    try {
      await(blob(".incomplete"));
      Thread.sleep(200); // half of it is there, and no more comes
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(home.resolve("hub/models--tester--tiny/snapshots")).doesNotExist();
    long there = Files.size(blob(".incomplete"));
    server.forget();
    assertThat(fetch().resolve(TinyModel.UNET)).hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
    assertThat(server.requests()).extracting(Request::range).contains("bytes=" + there + "-");
    assertThat(blob(".incomplete")).doesNotExist();
  }
}
