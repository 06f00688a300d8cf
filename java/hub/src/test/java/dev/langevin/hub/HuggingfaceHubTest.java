package dev.langevin.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.AdvisoryLock;
import dev.langevin.hub.FakeHub.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cache shared with the real huggingface_hub, of whatever version the Python has that
 * {@code -Dlangevin.hub.python=venv/bin/python} names; without one this is skipped.
 */
class HuggingfaceHubTest {

  @TempDir
  private Path home;

  private String python;
  private FakeHub server;
  private String commit;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void publish() throws IOException {
    python = System.getProperty("langevin.hub.python", "");
    assumeTrue(!python.isEmpty(), "no Python with huggingface_hub is named by -Dlangevin.hub.python");
    server = new FakeHub();
    commit = server.publish(TinyModel.NAME, TinyModel.files());
    environment.put("HF_ENDPOINT", server.endpoint().toString());
    environment.put("HF_HOME", home.toString());
    environment.put("HF_HUB_DISABLE_TELEMETRY", "1");
    environment.put("HF_HUB_DISABLE_PROGRESS_BARS", "1");
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private Process start(String script) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(python, "-c", script);
    builder.environment().keySet().removeIf(name -> name.startsWith("HF_"));
    builder.environment().putAll(environment);
    return builder.redirectErrorStream(true).start();
  }

  private String run(String script) throws Exception {
    Process process = start(script);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }

  private Path get() throws HubException {
    try (ModelHub hub = new ModelHub(HubSettings.of(environment, home))) {
      return hub.get(ModelReference.parse(TinyModel.NAME), FetchListener.NONE);
    }
  }

  @Test
  void shouldBeReadByIt() throws Exception {
    Path model = get();
    server.forget();
    environment.put("HF_HUB_OFFLINE", "1");
    String out = run("""
        import huggingface_hub as h
        from huggingface_hub import file_download
        name = "tester/tiny"
        print(h.__version__)
        print(h.snapshot_download(name))
        print(h.hf_hub_download(name, "unet/config.json"))
        print(h.try_to_load_from_cache(name, "unet/diffusion_pytorch_model.fp16.safetensors"))
        print(h.try_to_load_from_cache(name, "tokenizer/added_tokens.json") is file_download._CACHED_NO_EXIST)
        scan = h.scan_cache_dir()
        print(len(scan.warnings), len(scan.repos))
        for repo in scan.repos:
            print(repo.repo_id, sorted(repo.refs), repo.nb_files, repo.size_on_disk)
        """);
    long bytes = 0;
    for (String path : TinyModel.NEEDED) {
      bytes += TinyModel.files().get(path).length;
    }
    assertThat(out.lines().skip(1)).containsExactly(model.toString(), model.resolve("unet/config.json").toString(),
        model.resolve(TinyModel.UNET).toString(), "True", "0 1",
        "tester/tiny ['main'] " + TinyModel.NEEDED.length + " " + bytes);
    assertThat(server.requests()).isEmpty();
    System.out.println("huggingface_hub " + out.lines().findFirst().orElseThrow() + " reads the cache");
  }

  @Test
  void shouldFetchNothingThatIsThere() throws Exception {
    Path model = get();
    server.forget();
    String out = run("""
        import huggingface_hub as h
        print(h.snapshot_download("tester/tiny", allow_patterns=["unet/*.fp16.safetensors", "vae/config.json"]))
        """);
    assertThat(out.strip()).isEqualTo(model.toString());
    assertThat(server.requests()).filteredOn(request -> request.server().equals("storage")).isEmpty();
    assertThat(server.requests()).extracting(Request::path).noneMatch(path -> path.contains("/resolve/"));
  }

  @Test
  void shouldReadWhatItFetched() throws Exception {
    String out = run("""
        import huggingface_hub as h
        print(h.snapshot_download("tester/tiny", ignore_patterns=["*.onnx", "*.msgpack", "*.bin"]))
        """);
    server.forget();
    Path model = get();
    assertThat(model).isEqualTo(Path.of(out.strip())).endsWith(Path.of(commit));
    assertThat(server.requests()).as("only whether the model has files that it does not need")
        .extracting(Request::path).containsExactly("/api/models/tester/tiny/revision/main");
    server.forget();
    assertThat(get()).isEqualTo(model);
    environment.put("HF_HUB_OFFLINE", "1");
    assertThat(get()).isEqualTo(model);
    assertThat(server.requests()).isEmpty();
  }

  /** It fetches slowly and holds its lock meanwhile; and the other way round. */
  @Test
  void shouldWaitForItsLocksAsItForOurs() throws Exception {
    environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "60");
    server.fail(TinyModel.UNET, HubFault.HELD);
    Process other = start("""
        import huggingface_hub as h
        print(h.hf_hub_download("tester/tiny", "unet/diffusion_pytorch_model.fp16.safetensors"))
        """);
    try {
      while (server.requests().stream().noneMatch(request -> request.server().equals("storage"))
          && other.isAlive()) {
        Thread.sleep(20);
      }
      List<String> notes = new ArrayList<>();
      try (ModelHub hub = new ModelHub(HubSettings.of(environment, home))) {
        hub.fetch(ModelReference.parse(TinyModel.NAME), new FetchListener() {
          @Override
          public void note(String text) {
            notes.add(text);
            server.release();
          }
        });
      }
      assertThat(notes).contains("another program fetches " + TinyModel.UNET + "; waiting for it");
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      other.destroyForcibly();
    }
    assertThat(times(TinyModel.UNET)).isEqualTo(1);

    String vae = "vae/diffusion_pytorch_model.safetensors";
    String hash = FakeHub.sha256(TinyModel.files().get(vae));
    HubCache cache = new HubCache(home.resolve("hub"), true);
    AdvisoryLock lock = AdvisoryLock.tryLock(cache.newLock(TinyModel.NAME, hash));
    Process waiting = start("import huggingface_hub as h\nprint(h.hf_hub_download('tester/tiny', '" + vae + "'))");
    try {
      assertThat(waiting.waitFor(6, TimeUnit.SECONDS)).as("it waits").isFalse();
      assertThat(times(vae)).isZero();
      lock.close();
      assertThat(waiting.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(times(vae)).isEqualTo(1);
    } finally {
      waiting.destroyForcibly();
      lock.close();
    }
  }

  private long times(String path) {
    return server.requests().stream()
        .filter(request -> request.server().equals("storage") && request.path().endsWith(path)
            && request.method().equals("GET"))
        .count();
  }
}
