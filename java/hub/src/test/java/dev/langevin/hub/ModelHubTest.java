package dev.langevin.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.hub.FakeHub.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is fetched, where it lies then, and what is asked of the network for it. */
class ModelHubTest {

  @TempDir
  private Path home;

  private FakeHub server;
  private String commit;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void publish() throws IOException {
    server = new FakeHub();
    commit = server.publish(TinyModel.NAME, TinyModel.files());
    environment.put("HF_ENDPOINT", server.endpoint().toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ModelHub hub() throws HubException {
    return new ModelHub(HubSettings.of(environment, home), time -> {});
  }

  private Path get(String name) throws HubException {
    try (ModelHub hub = hub()) {
      return hub.get(ModelReference.parse(name), FetchListener.NONE);
    }
  }

  private Path cache() {
    return home.resolve(".cache/huggingface/hub");
  }

  static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString()).sorted().toList();
    }
  }

  @Test
  void shouldFetchWhatALoadNeedsAndLayItOutAsHuggingfaceHubDoes() throws IOException {
    List<Long> progress = new ArrayList<>();
    List<HubModel> started = new ArrayList<>();
    Path model;
    try (ModelHub hub = hub()) {
      model = hub.fetch(ModelReference.parse("hf:" + TinyModel.NAME), new FetchListener() {
        @Override
        public void started(HubModel found) {
          started.add(found);
        }

        @Override
        public void progressed(long bytes) {
          progress.add(bytes);
        }
      });
    }
    Path repository = cache().resolve("models--tester--tiny");
    assertThat(model).isEqualTo(repository.resolve("snapshots/" + commit));
    assertThat(files(model)).containsExactly(TinyModel.NEEDED);
    Map<String, byte[]> published = TinyModel.files();
    for (String path : TinyModel.NEEDED) {
      byte[] bytes = published.get(path);
      String hash = FakeHub.isLarge(path) ? FakeHub.sha256(bytes) : FakeHub.gitHash(bytes);
      String up = path.contains("/") ? "../../../" : "../../";
      assertThat(Files.readSymbolicLink(model.resolve(path))).isEqualTo(Path.of(up + "blobs/" + hash));
      assertThat(model.resolve(path)).hasBinaryContent(bytes);
    }
    assertThat(repository.resolve("refs/main")).hasContent(commit);
    assertThat(repository.resolve(".no_exist/" + commit + "/tokenizer/added_tokens.json")).isEmptyFile();
    assertThat(cache().resolve("CACHEDIR.TAG")).content().startsWith("Signature: 8a477f597d28d172789f06886806bc55\n");
    assertThat(files(repository.resolve("blobs"))).hasSize(TinyModel.NEEDED.length).noneMatch(f -> f.contains("."));
    assertThat(started).singleElement().satisfies(found -> {
      assertThat(found.pipeline()).isEqualTo("StableDiffusionPipeline");
      assertThat(found.commit()).isEqualTo(commit);
      assertThat(found.files()).hasSize(12);
      assertThat(progress.getLast()).isEqualTo(found.missingBytes()).isGreaterThan(900_000);
    });
    assertThat(progress).isSorted();
  }

  @Test
  void shouldAskNothingForWhatIsThere() throws IOException {
    Path model = get("hf:" + TinyModel.NAME);
    server.forget();
    assertThat(get("hf:" + TinyModel.NAME)).isEqualTo(model);
    assertThat(get("hf:" + TinyModel.NAME + "@" + commit)).isEqualTo(model);
    assertThat(server.requests()).isEmpty();
    environment.put("HF_HUB_OFFLINE", "1");
    assertThat(get("hf:" + TinyModel.NAME)).isEqualTo(model);
    try (ModelHub hub = hub()) {
      assertThat(hub.fetch(ModelReference.parse(TinyModel.NAME), FetchListener.NONE)).isEqualTo(model);
    }
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void shouldFetchOfANewCommitOnlyWhatChanged() throws IOException {
    Path first = get("hf:" + TinyModel.NAME);
    Map<String, byte[]> changed = TinyModel.files();
    TinyModel.text(changed, "unet/config.json", "{\"changed\": true}");
    String second = server.publish(TinyModel.NAME, changed);
    assertThat(get("hf:" + TinyModel.NAME)).as("what is there is taken until one asks").isEqualTo(first);
    server.forget();
    try (ModelHub hub = hub()) {
      Path fetched = hub.fetch(ModelReference.parse(TinyModel.NAME), FetchListener.NONE);
      assertThat(fetched).endsWith(Path.of(second));
      assertThat(fetched.resolve("unet/config.json")).hasContent("{\"changed\": true}");
      assertThat(first.resolve("unet/config.json")).hasContent("{\"network\": \"unet\"}");
      assertThat(hub.models()).extracting(CachedModel::commit).containsExactlyInAnyOrder(commit, second);
      assertThat(hub.models()).filteredOn(each -> each.commit().equals(second)).singleElement()
          .satisfies(each -> assertThat(each.revisions()).containsExactly("main"));
    }
    assertThat(server.requests()).extracting(Request::path)
        .containsExactly("/api/models/tester/tiny/revision/main",
            "/tester/tiny/resolve/" + second + "/unet/config.json");
  }

  @Test
  void shouldSendTheTokenToTheEndpointAlone() throws IOException {
    server.setToken("hf_secret");
    server.gate(TinyModel.NAME, "files");
    assertThatThrownBy(() -> get(TinyModel.NAME)).isInstanceOf(HubException.class)
        .hasMessageContaining("tester/tiny is gated: accept its terms at " + server.endpoint() + "/tester/tiny")
        .hasMessageContaining("HF_TOKEN");
    Files.createDirectories(home.resolve(".cache/huggingface"));
    Files.writeString(home.resolve(".cache/huggingface/token"), "hf_secret\n");
    server.fail(TinyModel.UNET, HubFault.ASKS_FOR_TOKEN);
    server.forget();
    assertThatThrownBy(() -> get(TinyModel.NAME)).hasMessageNotContaining("hf_secret");
    assertThat(files(get(TinyModel.NAME))).containsExactly(TinyModel.NEEDED);
    assertThat(server.requests()).filteredOn(request -> request.server().equals("storage")).hasSizeGreaterThan(3)
        .allMatch(request -> request.authorization() == null);
    assertThat(server.requests()).filteredOn(request -> request.server().equals("endpoint"))
        .allMatch(request -> request.authorization().equals("Bearer hf_secret"));
    assertThat(HubSettings.of(environment, home).toString()).doesNotContain("hf_secret");
  }

  @Test
  void shouldReadAListingWithoutSizesByTheHeadersOfEachFile() throws IOException {
    server.listBlobs(false);
    assertThat(files(get(TinyModel.NAME + "@v1"))).containsExactly(TinyModel.NEEDED);
    assertThat(server.requests()).filteredOn(request -> request.method().equals("HEAD")).isNotEmpty()
        .allMatch(request -> request.path().contains("/resolve/" + commit + "/"));
    assertThat(server.requests()).filteredOn(request -> request.server().equals("storage"))
        .allMatch(request -> request.method().equals("GET"));
    assertThat(cache().resolve("models--tester--tiny/refs/v1")).hasContent(commit);
  }

  @Test
  void shouldTakeWhatIsCachedWhereTheHubCannotBeReached() throws IOException {
    Path model = get(TinyModel.NAME);
    server.close();
    List<String> notes = new ArrayList<>();
    try (ModelHub hub = hub()) {
      assertThat(hub.fetch(ModelReference.parse(TinyModel.NAME), new FetchListener() {
        @Override
        public void note(String text) {
          notes.add(text);
        }
      })).isEqualTo(model);
      assertThat(notes.getLast()).contains("cannot be reached").endsWith("; taking what is in the cache");
      assertThatThrownBy(() -> hub.get(ModelReference.parse("tester/other"), FetchListener.NONE))
          .hasMessageContaining("localhost cannot be reached").hasMessageContaining("HTTPS_PROXY");
    }
  }

  /** Weights in full precision that another program has fetched are the model's too. */
  @Test
  void shouldTakeWeightsThatAreThereBeforeOthers() throws IOException {
    Map<String, byte[]> files = TinyModel.files();
    String full = "unet/diffusion_pytorch_model.safetensors";
    Path blob = cache().resolve("models--tester--tiny/blobs/" + FakeHub.sha256(files.get(full)));
    Files.createDirectories(blob.getParent());
    Files.write(blob, files.get(full));
    assertThat(files(get(TinyModel.NAME))).contains(full, "vae/diffusion_pytorch_model.fp16.safetensors")
        .doesNotContain(TinyModel.UNET);
  }

  @Test
  void shouldCopyWhereLinksAreNotWanted() throws IOException {
    environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
    Path model = get(TinyModel.NAME);
    assertThat(Files.isSymbolicLink(model.resolve(TinyModel.UNET))).isFalse();
    assertThat(files(model)).containsExactly(TinyModel.NEEDED);
  }

  @Test
  void shouldFetchWhereThereCanBeNoLocks() throws IOException {
    Files.createDirectories(cache());
    Files.writeString(cache().resolve(".locks"), "no folder");
    assertThat(files(get(TinyModel.NAME))).containsExactly(TinyModel.NEEDED);
    assertThat(files(cache())).noneMatch(file -> file.endsWith(".incomplete"));
  }

  @Test
  void shouldGoThroughAProxy() throws IOException {
    environment.put("HF_ENDPOINT", "http://hub.example");
    environment.put("http_proxy", server.endpoint().toString());
    environment.put("NO_PROXY", "127.0.0.1,elsewhere.example");
    assertThat(files(get(TinyModel.NAME))).containsExactly(TinyModel.NEEDED);
    environment.put("NO_PROXY", ".example");
    environment.put("HF_HUB_CACHE", home.resolve("other").toString());
    assertThatThrownBy(() -> get(TinyModel.NAME)).hasMessageContaining("hub.example cannot be reached");
  }

  @Test
  void shouldCountOnlyWhatIsWholeAsThere() throws IOException {
    Path model = get(TinyModel.NAME);
    Path blob = model.resolve(TinyModel.UNET).toRealPath();
    Files.delete(blob);
    try (ModelHub hub = hub()) {
      assertThat(hub.cached(ModelReference.parse(TinyModel.NAME))).isNull();
      assertThat(hub.models()).singleElement().satisfies(each -> assertThat(each.bytes()).isLessThan(700_000));
    }
    Files.writeString(blob, "too short");
    try (ModelHub hub = hub()) {
      assertThat(hub.fetch(ModelReference.parse(TinyModel.NAME), FetchListener.NONE).resolve(TinyModel.UNET))
          .hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
    }
  }
}
