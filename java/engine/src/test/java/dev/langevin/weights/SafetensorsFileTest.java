package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Broken files of every kind that a header can be broken in: each is refused with its reason, and none crashes. */
class SafetensorsFileTest {

  private static final String VALID = "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}";

  @TempDir
  private Path folder;

  @Test
  void shouldReadATensor() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(write(VALID, 8))) {
      assertThat(file.names()).containsExactly("a");
      assertThat(file.tensor("a").toFloats()).containsExactly(0f, 0f);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 4 | within the 4 bytes",
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 12 | 12 bytes follow the header",
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 8 | data_offsets",
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | 8 | whole numbers",
      "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | 8 | takes 12 bytes",
      "{'a':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}} | 8 | F31",
      "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | whole numbers",
      "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | 8 | 2^63",
      "{'a':{'dtype':'F32','shape':[2.5],'data_offsets':[0,8]}} | 8 | whole numbers",
      "{'a':{'dtype':'F32','data_offsets':[0,8]}} | 8 | missing",
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8"
          + " | overlap",
      "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | holes",
      "{'a':1,'a':2} | 8 | JSON",
      "[1] | 8 | begin with",
      "{'a' | 8 | JSON"})
  void shouldRefuseABrokenHeader(String json, int dataBytes, String reason) throws IOException {
    Path file = write(json, dataBytes);
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(reason);
  }

  @Test
  void shouldRefuseAHeaderLongerThanTheFile() throws IOException {
    Path file = folder.resolve("long.safetensors");
    Files.write(file, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(1000).putLong(0).array());
    assertThatThrownBy(() -> SafetensorsFile.open(file)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("1000 bytes long").hasMessageContaining("has 8");
  }

  @Test
  void shouldNotTakeAHeaderLengthForAPickle() throws IOException {
    String padded = VALID + " ".repeat(0x280 - VALID.length()); // 80 02: the first bytes of a pickle of protocol 2
    try (SafetensorsFile file = SafetensorsFile.open(write(padded, 8))) {
      assertThat(file.has("a")).isTrue();
    }
  }

  @Test
  void shouldNameAPickle() throws IOException {
    Path file = Files.write(folder.resolve("p.safetensors"), new byte[] {(byte) 0x80, 2, '}', 'q', 0, '.', 0, 0, 0, 0});
    assertThatThrownBy(() -> SafetensorsFile.open(file)).hasMessageContaining("pickled torch checkpoint");
  }

  @Test
  void shouldNameAGitLfsPointer() throws IOException {
    Path file = Files.writeString(folder.resolve("p.safetensors"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    assertThatThrownBy(() -> SafetensorsFile.open(file)).hasMessageContaining("git lfs pull");
  }

  @Test
  void shouldNameAMissingFile() {
    assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("none"))).hasMessageContaining("no such file");
  }

  @Test
  void shouldSurviveRandomDamage() throws IOException {
    byte[] valid = Files.readAllBytes(write(VALID, 8));
    Random random = new Random(7);
    Path file = folder.resolve("damaged.safetensors");
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] damaged = java.util.Arrays.copyOf(valid, 1 + random.nextInt(valid.length));
      for (int k = random.nextInt(4); k >= 0; k--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      Files.write(file, damaged);
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        opened.names().forEach(name -> opened.tensor(name).data().byteSize());
      } catch (WeightsException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(900);
  }

  private Path write(String json, int dataBytes) throws IOException {
    byte[] header = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length).put(header);
    return Files.write(Files.createTempFile(folder, "case", ".safetensors"), bytes.array());
  }
}
