package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The records of an event file, read by the format's description. */
class EventFileTest {

  @TempDir
  Path folder;

  /** CRC-32C bit by bit (RFC 3720, appendix B.4 has its values). */
  private static int checksum(byte[] bytes) {
    int sum = ~0;
    for (byte each : bytes) {
      sum ^= each & 255;
      for (int bit = 0; bit < 8; bit++) {
        sum = sum >>> 1 ^ ((sum & 1) == 1 ? 0x82f63b78 : 0);
      }
    }
    return ~sum;
  }

  private static byte[] record(ByteBuffer file) {
    byte[] length = new byte[8];
    file.get(file.position(), length);
    byte[] data = new byte[(int) file.getLong()];
    assertThat(file.getInt()).isEqualTo(masked(length));
    file.get(data);
    assertThat(file.getInt()).isEqualTo(masked(data));
    return data;
  }

  private static int masked(byte[] bytes) {
    int sum = checksum(bytes);
    return (sum >>> 15 | sum << 17) + 0xa282ead8;
  }

  @Test
  void shouldWriteRecordsWithTheirChecksums() throws IOException {
    assertThat(checksum("123456789".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0xe3069283);
    try (EventFile file = EventFile.in(folder)) {
      file.scalars(300, Map.of("loss", 0.5));
    }
    Path written;
    try (Stream<Path> files = Files.list(folder)) {
      written = files.findAny().orElseThrow();
    }
    assertThat(written.getFileName().toString()).startsWith("events.out.tfevents.");
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(written)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new String(record(file), 9, 15, StandardCharsets.US_ASCII)).isEqualTo("\u001a\rbrain.Event:2");
    ByteBuffer event = ByteBuffer.wrap(record(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(file.hasRemaining()).isFalse();
    byte[] rest = new byte[event.remaining() - 9]; // after the time
    event.get(9, rest);
    byte[] half = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0.5f).array();
    byte[] expected = ByteBuffer.allocate(rest.length).put(new byte[] {0x10, (byte) 0xac, 0x02}) // step 300
        .put(new byte[] {0x2a, 13, 0x0a, 11, 0x0a, 4}).put("loss".getBytes(StandardCharsets.US_ASCII))
        .put((byte) 0x15).put(half).array();
    assertThat(rest).isEqualTo(expected);
  }
}
