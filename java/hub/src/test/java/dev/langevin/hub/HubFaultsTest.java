package dev.langevin.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.hub.FakeHub.Request;
import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A server that fails: what is tried again, what is refused in a sentence, and that nothing half lies in the cache. */
class HubFaultsTest {

  @TempDir
  private Path home;

  private FakeHub server;
  private String commit;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> notes = new ArrayList<>();
  private final List<Duration> waits = new ArrayList<>();

  @BeforeEach
  void publish() throws IOException {
    server = new FakeHub();
    commit = server.publish(TinyModel.NAME, TinyModel.files());
    environment.put("HF_ENDPOINT", server.endpoint().toString());
    environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "1");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path fetch(String name) throws HubException {
    try (ModelHub hub = new ModelHub(HubSettings.of(environment, home), waits::add)) {
      return hub.fetch(ModelReference.parse(name), new FetchListener() {
        @Override
        public void note(String text) {
          notes.add(text);
        }
      });
    }
  }

  private Path repository() {
    return home.resolve(".cache/huggingface/hub/models--tester--tiny");
  }

  private Path partial() {
    return repository().resolve("blobs/" + FakeHub.sha256(TinyModel.files().get(TinyModel.UNET)) + ".incomplete");
  }

  /** Each blob hashes to its name, and there is no snapshot that lacks a file. */
  private void requireNothingHalf() throws IOException {
    if (!Files.exists(repository())) {
      return;
    }
    try (Stream<Path> blobs = Files.list(repository().resolve("blobs"))) {
      for (Path blob : blobs.filter(file -> !file.toString().endsWith(".incomplete")).toList()) {
        byte[] bytes = Files.readAllBytes(blob);
        assertThat(blob.getFileName().toString()).isIn(FakeHub.sha256(bytes), FakeHub.gitHash(bytes));
      }
    }
    assertThat(repository().resolve("snapshots")).doesNotExist();
    assertThat(repository().resolve("refs")).doesNotExist();
    try (ModelHub hub = new ModelHub(HubSettings.of(environment, home))) {
      assertThat(hub.models()).isEmpty();
    }
  }

  private HubException refused(String name) throws IOException {
    HubException refused = null;
    try {
      fetch(name);
    } catch (HubException e) {
      refused = e;
    }
    assertThat(refused).isNotNull();
    assertThat(refused.getMessage()).doesNotContain("\n").hasSizeLessThan(400);
    requireNothingHalf();
    return refused;
  }

  /** Faults after which the file comes all the same; each on the bytes themselves. */
  @ParameterizedTest
  @EnumSource(value = HubFault.class,
      names = {"CUT", "STALL", "SLOW", "RANGE_IGNORED", "UNAVAILABLE", "RATE_LIMITED"})
  void shouldComeThrough(HubFault fault) throws IOException {
    server.fail(TinyModel.UNET, fault);
    Path model = fetch(TinyModel.NAME);
    assertThat(model.resolve(TinyModel.UNET)).hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
    assertThat(partial()).doesNotExist();
    switch (fault) {
      case CUT, STALL -> {
        assertThat(notes).singleElement().asString().startsWith(TinyModel.UNET + " broke off at 1")
            .contains(" of 300000 bytes (").endsWith("; trying again in 1 s");
        assertThat(server.requests()).extracting(Request::range).anyMatch(range -> range != null);
      }
      case UNAVAILABLE -> assertThat(notes).containsExactly("localhost answers 503; trying again in 1 s");
      case RATE_LIMITED -> assertThat(waits).containsExactly(Duration.ofSeconds(HubFault.RETRY_AFTER));
      default -> assertThat(notes).isEmpty();
    }
  }

  /** Each fault as often as it comes; then the refusal, its reason and its words. */
  @ParameterizedTest
  @CsvSource({
      "CUT CUT CUT CUT CUT CUT UNAVAILABLE UNAVAILABLE UNAVAILABLE UNAVAILABLE UNAVAILABLE, SERVER, answers 503",
      "WRONG_BYTES, CORRUPT, hash to", "TOO_LONG, CORRUPT, more bytes came", "REDIRECT_LOOP, SERVER, in a circle",
      "REDIRECT_NOWHERE, SERVER, 'ftp://nowhere/file'", "RATE_LIMITED_LONG, RATE_LIMITED, asks to wait 3600 s",
      "RATE_LIMITED RATE_LIMITED RATE_LIMITED RATE_LIMITED RATE_LIMITED, RATE_LIMITED, asks to wait 7 s",
      "CUT WRONG_BYTES WRONG_BYTES, CORRUPT, hash to", "ASKS_FOR_TOKEN, MISSING, if it is a private one"})
  void shouldRefuse(String faults, Reason reason, String words) throws IOException {
    server.fail(TinyModel.UNET, Arrays.stream(faults.split(" ")).map(HubFault::valueOf).toArray(HubFault[]::new));
    HubException refused = refused(TinyModel.NAME);
    assertThat(refused.reason()).isEqualTo(reason);
    assertThat(refused).hasMessageContaining(words);
    boolean resumable = faults.startsWith("CUT CUT");
    assertThat(Files.exists(partial())).isEqualTo(resumable);
    server.forget();
    notes.clear();
    assertThat(fetch(TinyModel.NAME).resolve(TinyModel.UNET))
        .hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
    assertThat(server.requests()).filteredOn(request -> request.server().equals("storage")
        && request.path().endsWith(TinyModel.UNET)).singleElement()
        .satisfies(request -> assertThat(request.range() != null).isEqualTo(resumable));
  }

  @Test
  void shouldGiveUpWhereNothingMoreComes() throws IOException {
    server.fail(TinyModel.UNET, HubFault.CUT);
    server.fail(TinyModel.UNET, Collections.nCopies(5, HubFault.STALL).toArray(HubFault[]::new));
    Map<String, byte[]> files = TinyModel.files();
    files.put(TinyModel.UNET, new byte[1]); // half of which is nothing
    server.publish(TinyModel.NAME, files);
    HubException refused = refused(TinyModel.NAME);
    assertThat(refused.reason()).isEqualTo(Reason.UNREACHABLE);
    assertThat(refused).hasMessageContaining("broke off at 0 of 1 bytes").hasMessageContaining("5 times");
  }

  @Test
  void shouldBeginAnewWhereARangeIsRefused() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), Arrays.copyOf(TinyModel.files().get(TinyModel.UNET), 1000));
    server.fail(TinyModel.UNET, HubFault.RANGE_REFUSED);
    assertThat(fetch(TinyModel.NAME).resolve(TinyModel.UNET))
        .hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
  }

  /** What another program, or a disk, left wrong is not gone on from for ever. */
  @ParameterizedTest
  @CsvSource({"1000", "300000", "300001", "400000"})
  void shouldNotTrustWhatAnEarlierAttemptLeft(int bytes) throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), new byte[bytes]);
    assertThat(fetch(TinyModel.NAME).resolve(TinyModel.UNET))
        .hasBinaryContent(TinyModel.files().get(TinyModel.UNET));
    assertThat(partial()).doesNotExist();
  }

  @ParameterizedTest
  @EnumSource(value = HubFault.class, names = {"UNAVAILABLE", "RATE_LIMITED", "REDIRECT_LOOP"})
  void shouldTreatTheListingAlike(HubFault fault) throws IOException {
    server.fail(TinyModel.NAME, fault);
    if (fault == HubFault.REDIRECT_LOOP) {
      assertThat(refused(TinyModel.NAME)).hasMessageContaining("in a circle");
    } else {
      assertThat(fetch(TinyModel.NAME)).endsWith(Path.of(commit));
      assertThat(waits).hasSize(1);
    }
  }

  @Test
  void shouldNameWhatIsMissing() throws IOException {
    assertThat(refused("tester/nothing")).hasMessage("localhost has no model tester/nothing that everybody may read;"
        + " if it is a private one, give your token with HF_TOKEN");
    assertThat(refused(TinyModel.NAME + "@v9")).hasMessage("tester/tiny has no revision 'v9'; its branches and tags are"
        + " at " + server.endpoint() + "/tester/tiny/tree/main");
    environment.put("HF_TOKEN", "hf_wrong");
    assertThat(refused(TinyModel.NAME).reason()).isEqualTo(Reason.FORBIDDEN);
    assertThat(refused(TinyModel.NAME)).hasMessageContaining("does not know the token (HF_TOKEN")
        .hasMessageNotContaining("hf_wrong");
    server.setToken("hf_right");
    environment.put("HF_TOKEN", "hf_right");
    assertThat(refused("tester/nothing")).hasMessage("localhost has no model tester/nothing that the token may read");
    environment.put("HF_HUB_OFFLINE", "yes");
    assertThat(refused("tester/nothing").reason()).isEqualTo(Reason.OFFLINE);
  }

  @Test
  void shouldRefuseWhatNoLoadReads() throws IOException {
    server.publish("tester/onnx", Map.of("model_index.json", """
        {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}""".getBytes(),
        "unet/config.json", "{}".getBytes(), "unet/model.onnx", new byte[9]));
    assertThat(refused("tester/onnx")).hasMessageContaining("no weights for unet").hasMessageContaining("model.onnx");
    server.publish("tester/files", Map.of("a.safetensors", new byte[9], "b.ckpt", new byte[9]));
    assertThat(refused("tester/files")).hasMessageContaining("[a.safetensors, b.ckpt]");
    server.publish("tester/data", Map.of("train.csv", new byte[9]));
    assertThat(refused("tester/data").reason()).isEqualTo(Reason.UNSUITED);
    server.publish("tester/one", Map.of("one.safetensors", new byte[9], "README.md", new byte[9]));
    assertThat(fetch("tester/one").getFileName()).hasToString("one.safetensors");
  }

  @Test
  void shouldNotBeLedOutOfEncryption() throws IOException {
    URI from = URI.create("https://hub.example/a/b");
    assertThat(HubConnection.target(from, "/c?d=1")).hasToString("https://hub.example/c?d=1");
    assertThat(HubConnection.target(from, "https://storage.example/e")).hasToString("https://storage.example/e");
    assertThatThrownBy(() -> HubConnection.target(from, "http://storage.example/e"))
        .hasMessage("hub.example leads to storage.example without encryption (http), which is not followed");
  }

  @Test
  void shouldRefuseWhereThereIsNoRoomOrNoFolder() throws IOException {
    Path file = Files.writeString(home.resolve("file"), "");
    environment.put("HF_HUB_CACHE", file.toString());
    assertThat(refused(TinyModel.NAME)).hasMessageContaining("is no folder");
    assertThatThrownBy(() -> new HubCache(home, true).requireRoom("tester/tiny", Long.MAX_VALUE))
        .hasMessageContaining("tester/tiny needs " + Long.MAX_VALUE + " bytes more, the disk of " + home);
  }
}
