package dev.langevin.bindings.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Catches machine code that is given to a device that it is not for. */
class FatBinaryTest {

  private static final int PTX = 1;
  private static final int CODE = 2;
  private static final int CONTENT = 48;

  /** Headers as nvcc 13.0 writes them: a number for all, then each part's kind, header, size and architecture. */
  private static byte[] fatbin(int... kindsAndArchitectures) {
    ByteBuffer bytes = ByteBuffer.allocate(16 + kindsAndArchitectures.length / 2 * (64 + CONTENT))
        .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0xba55ed50).putShort((short) 1).putShort((short) 16).putLong(bytes.capacity() - 16);
    for (int i = 0; i < kindsAndArchitectures.length; i += 2) {
      int part = bytes.position();
      bytes.putShort((short) kindsAndArchitectures[i]).putShort((short) 0x101).putInt(64).putLong(CONTENT);
      bytes.putLong(0).putInt(0x10008).putInt(kindsAndArchitectures[i + 1]);
      bytes.position(part + 64 + CONTENT);
    }
    return bytes.array();
  }

  @ParameterizedTest
  @CsvSource({"8,0,sm_80", "8,6,sm_86", "8,7,sm_86", "9,0,sm_90", "10,3,sm_100", "12,0,sm_120", "12,1,sm_120",
      "13,0,PTX of compute_120"})
  void shouldFindWhatADeviceRuns(int major, int minor, String part) {
    byte[] all = fatbin(PTX, 120, CODE, 80, CODE, 86, CODE, 90, CODE, 100, CODE, 120);
    assertThat(KernelImage.built(all, major, minor).origin()).isEqualTo("made by nvcc with the build, " + part);
  }

  @Test
  void shouldHaveNothingForOlderDevicesAndOtherGenerations() {
    byte[] some = fatbin(CODE, 86, CODE, 90, PTX, 120);
    assertThat(KernelImage.built(some, 8, 0)).isNull();
    assertThat(KernelImage.built(some, 7, 5)).isNull();
    assertThat(KernelImage.built(some, 11, 0)).isNull();
  }

  @Test
  void shouldRefuseWhatIsNoFatbin() {
    assertThatThrownBy(() -> FatBinary.of(new byte[100])).hasMessage("100 bytes are no fatbin of nvcc");
  }
}
