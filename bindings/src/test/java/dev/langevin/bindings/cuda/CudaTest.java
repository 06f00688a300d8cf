package dev.langevin.bindings.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.kernels.KernelImage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On whatever driver is there: a GPU's, or the one on the CPU that {@code langevin.cuda.libraries} names. */
class CudaTest {

  private static final int FLOATS = 1000;

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();
  private CudaContext context;
  private CudaStream stream;

  @BeforeAll
  static void requireDriver() {
    CudaReport report = CudaReport.of(KernelImage::origin);
    assumeTrue(report.missing() == null, () -> "no device: " + report.missing());
  }

  @BeforeEach
  void open() {
    context = CudaContext.open(CudaDevice.of(0));
    stream = CudaStream.create();
  }

  @AfterEach
  void close() {
    stream.close();
    context.close();
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  @Test
  void shouldCarryThereAndBackAndReplay() {
    try (CudaHostBlock source = CudaHostBlock.allocate(4 * FLOATS);
        CudaHostBlock target = CudaHostBlock.allocate(4 * FLOATS);
        CudaBlock first = CudaBlock.allocate(4 * FLOATS);
        CudaBlock second = CudaBlock.allocate(4 * FLOATS)) {
      for (int i = 0; i < FLOATS; i++) {
        source.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      try (CudaGraph graph = stream.capture(() -> {
        stream.upload(source.segment(), first.segment());
        stream.copy(first.segment(), second.segment());
        stream.fill(second.segment().asSlice(0, 4), Float.floatToRawIntBits(-1));
        stream.download(second.segment(), target.segment());
      })) {
        assertThat(graph.nodes()).isEqualTo(4);
        for (float shift = 0; shift < 3; shift++) { // a replay reads what is there then
          source.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 7, 7 + shift);
          graph.launch(stream);
          stream.synchronize();
          assertThat(target.segment().getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(-1);
          assertThat(target.segment().getAtIndex(ValueLayout.JAVA_FLOAT, 7)).isEqualTo(7 + shift);
          assertThat(target.segment().getAtIndex(ValueLayout.JAVA_FLOAT, FLOATS - 1)).isEqualTo(FLOATS - 1);
        }
      }
    }
  }

  /** The JVM would die of it: a device's address means nothing on the host. */
  @Test
  void shouldRefuseJavasAccessToADevice() {
    try (CudaBlock block = CudaBlock.allocate(256)) {
      MemorySegment segment = block.segment();
      assertThat(segment.byteSize()).isEqualTo(256);
      assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_INT, 0)).isInstanceOf(WrongThreadException.class);
      assertThatThrownBy(() -> segment.asSlice(8, 8).set(ValueLayout.JAVA_INT, 0, 1))
          .isInstanceOf(WrongThreadException.class);
    }
  }

  @Test
  void shouldTellWantOfMemoryAndGoOn() {
    assertThatThrownBy(() -> CudaBlock.allocate(1L << 46)).isInstanceOfSatisfying(CudaException.class,
        e -> assertThat(e.outOfMemory()).isTrue());
    CudaBlock.allocate(256).close();
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    try (CudaBlock block = CudaBlock.allocate(256); CudaHostBlock host = CudaHostBlock.allocate(512)) {
      assertThatThrownBy(() -> stream.upload(host.segment(), block.segment()))
          .hasMessage("512 bytes do not fit a block of 256");
    }
  }

  @Test
  void shouldKeepNothingOfACaptureThatFails() {
    assertThatThrownBy(() -> stream.capture(() -> {
      throw new IllegalStateException("half-way");
    })).hasMessage("half-way");
    stream.synchronize(); // is not capturing any more
  }

  @Test
  void shouldTimeByEvents() {
    try (CudaEvent begun = CudaEvent.create(true); CudaEvent ended = CudaEvent.create(true)) {
      begun.record(stream);
      ended.record(stream);
      ended.synchronize();
      assertThat(ended.isDone()).isTrue();
      assertThat(ended.milliseconds(begun)).isNotNegative();
    }
  }

  @Test
  void shouldNameTheDevicesThereAre() {
    assertThatThrownBy(() -> CudaDevice.of(99)).hasMessageContaining("there is no device cuda:99; ");
  }
}
