package dev.langevin.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of models, and the environment's variables. */
class HubNamesTest {

  private static final Path HOME = Path.of("/home/someone");

  @ParameterizedTest
  @CsvSource({"hf:a/b, a/b, main", "a/b, a/b, main", "hf:A-b/c_d.e@v1.0, A-b/c_d.e, v1.0",
      "hf:a/b@refs/pr/1, a/b, refs/pr/1"})
  void shouldReadNames(String text, String repository, String revision) throws HubException {
    assertThat(ModelReference.parse(text)).isEqualTo(new ModelReference(repository, revision));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf:", "hf:a", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b--c", "hf:a/.b", "hf:a/b.git",
      "hf:a b/c", "hf:a/b@", "hf:a/b@..", "hf:a/b@../../x", "hf:a/b@/x", "hf:a/b@x/", "hf:a/b@x\ny", "hf:a/b@.x",
      "https://huggingface.co/a/b"})
  void shouldRefuseWhatIsNone(String text) {
    assertThatThrownBy(() -> ModelReference.parse(text)).isInstanceOf(HubException.class).hasMessageContaining("'");
  }

  private static HubSettings of(String... pairs) throws HubException {
    Map<String, String> environment = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      environment.put(pairs[i], pairs[i + 1]);
    }
    return HubSettings.of(environment, HOME);
  }

  @Test
  void shouldReadTheVariablesOfHuggingfaceHub() throws HubException {
    assertThat(of().endpoint()).hasToString("https://huggingface.co");
    assertThat(of().cache()).isEqualTo(HOME.resolve(".cache/huggingface/hub"));
    assertThat(of("XDG_CACHE_HOME", "/x").cache()).isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(of("HF_HOME", "~/hf", "XDG_CACHE_HOME", "/x").cache()).isEqualTo(HOME.resolve("hf/hub"));
    assertThat(of("HF_HOME", "$BASE/hf", "BASE", "/b").cache()).isEqualTo(Path.of("/b/hf/hub"));
    assertThat(of("HUGGINGFACE_HUB_CACHE", "/old", "HF_HOME", "/h").cache()).isEqualTo(Path.of("/old"));
    assertThat(of("HF_HUB_CACHE", "/c", "HUGGINGFACE_HUB_CACHE", "/old").cache()).isEqualTo(Path.of("/c"));
    assertThat(of("HF_ENDPOINT", "https://mirror.example/hf//").endpoint()).hasToString("https://mirror.example/hf");
    assertThat(of("HF_TOKEN", " a \n").token()).isEqualTo("a");
    assertThat(of("HUGGING_FACE_HUB_TOKEN", "b").token()).isEqualTo("b");
    assertThat(of().token()).isNull();
    assertThat(of("HF_HUB_OFFLINE", "on").offline()).isTrue();
    assertThat(of("TRANSFORMERS_OFFLINE", "1").offline()).isTrue();
    assertThat(of("HF_HUB_OFFLINE", "0").offline()).isFalse();
    assertThat(of().silence()).isEqualTo(Duration.ofSeconds(10));
    assertThat(of("HF_HUB_DOWNLOAD_TIMEOUT", "30").silence()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void shouldReadTheTokensFile(@TempDir Path home) throws IOException {
    Files.createDirectories(home.resolve("hf"));
    Files.writeString(home.resolve("hf/token"), "of_the_file\n");
    Map<String, String> environment = Map.of("HF_HOME", home.resolve("hf").toString());
    assertThat(HubSettings.of(environment, home).token()).isEqualTo("of_the_file");
    Map<String, String> without =
        Map.of("HF_HOME", home.resolve("hf").toString(), "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    assertThat(HubSettings.of(without, home).token()).isNull();
    Files.writeString(home.resolve("other"), "x\u00e4");
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN_PATH", home.resolve("other").toString()), home))
        .hasMessageContaining("other holds what no token does").hasMessageNotContaining("x\u00e4");
  }

  @ParameterizedTest
  @CsvSource({"HF_ENDPOINT, ftp://x", "HF_ENDPOINT, not an address", "HF_ENDPOINT, https://u:p@h",
      "HF_HUB_DOWNLOAD_TIMEOUT, soon", "HTTPS_PROXY, socks5://h:1"})
  void shouldNameAVariableThatCannotBeUsed(String variable, String value) {
    assertThatThrownBy(() -> of(variable, value)).hasMessageContaining(variable);
  }

  @Test
  void shouldChooseProxies() throws HubException {
    EnvironmentProxies proxies = (EnvironmentProxies) of("HTTPS_PROXY", "http://me:secret@p.example:3128", "ALL_PROXY",
        "q.example", "no_proxy", "localhost, .internal.example,10.0.0.1:8080").proxies();
    assertThat(proxies.select(URI.create("https://huggingface.co"))).singleElement()
        .satisfies(proxy -> assertThat(proxy.address().toString()).contains("p.example").endsWith(":3128"));
    assertThat(proxies.select(URI.create("http://huggingface.co"))).singleElement()
        .satisfies(proxy -> assertThat(proxy.address().toString()).contains("q.example").endsWith(":80"));
    for (String direct : Set.of("https://localhost", "https://a.internal.example", "http://10.0.0.1")) {
      assertThat(proxies.select(URI.create(direct))).containsExactly(Proxy.NO_PROXY);
      assertThat(proxies.credentials(URI.create(direct))).isNull();
    }
    assertThat(proxies.credentials(URI.create("https://huggingface.co"))).isEqualTo("Basic bWU6c2VjcmV0");
    assertThat(proxies.credentials(URI.create("http://huggingface.co"))).isNull();
  }
}
