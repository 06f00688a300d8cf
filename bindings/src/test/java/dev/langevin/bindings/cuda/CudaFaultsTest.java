package dev.langevin.bindings.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.kernels.KernelImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on a device, as the driver on the processor does it on demand (native/cuda/driver). */
class CudaFaultsTest {

  private static final NativeFunction CONTROL = new NativeFunction("lgcDriverControl", "i=p",
      "the driver on the processor", CudaLibrary.DRIVER::symbols);
  private static final NativeFunction COUNT = new NativeFunction("lgcDriverCount", "l=p",
      "the driver on the processor", CudaLibrary.DRIVER::symbols);
  private static final byte[] IMAGE = "langevin emulated kernels".getBytes(StandardCharsets.US_ASCII);
  private static final int ELEMENTS = 1000;
  private static final int AXPBY_BYTES = 48;
  private static final int THREADS = 256;

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();

  @BeforeAll
  static void requireDriver() {
    boolean there;
    try {
      there = CudaLibrary.DRIVER.symbols().find("lgcDriverControl").isPresent();
    } catch (NativeException e) {
      there = false;
    }
    assumeTrue(there, "the driver on the processor is not loaded: -Dlangevin.cuda.libraries names its folder");
  }

  @BeforeEach
  void reset() {
    control("reset");
  }

  @AfterEach
  void leaveNothing() {
    control("reset");
    assertThat(LiveHandles.counts()).isEqualTo(before);
    for (String what : new String[] {"blocks", "host_blocks", "streams", "events", "modules", "graphs", "execs"}) {
      assertThat(count(what)).as(what).isZero();
    }
  }

  private static void control(String settings) {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(CONTROL.invoke(arena.allocateFrom(settings).address()).intValue()).isZero();
    }
  }

  private static long count(String what) {
    try (Arena arena = Arena.ofConfined()) {
      return COUNT.invoke(arena.allocateFrom(what).address()).longValue();
    }
  }

  /** target = 2 x - y, by an emulated kernel in a graph that runs twice. */
  private static float[] computed() {
    try (CudaContext context = CudaContext.open(CudaDevice.of(0));
        CudaStream stream = CudaStream.create();
        CudaModule module = CudaModule.load(IMAGE);
        CudaBlock x = CudaBlock.allocate(4L * ELEMENTS);
        CudaBlock y = CudaBlock.allocate(4L * ELEMENTS);
        CudaBlock target = CudaBlock.allocate(4L * ELEMENTS);
        CudaHostBlock host = CudaHostBlock.allocate(4L * ELEMENTS);
        Arena arena = Arena.ofConfined()) {
      assertThat(context.freeMemory()).isPositive();
      MemorySegment arguments = arena.allocate(AXPBY_BYTES, 8);
      arguments.setAtIndex(ValueLayout.JAVA_LONG, 0, x.segment().address());
      arguments.setAtIndex(ValueLayout.JAVA_LONG, 1, y.segment().address());
      arguments.setAtIndex(ValueLayout.JAVA_LONG, 2, target.segment().address());
      arguments.setAtIndex(ValueLayout.JAVA_LONG, 3, ELEMENTS);
      arguments.setAtIndex(ValueLayout.JAVA_DOUBLE, 4, 2);
      arguments.setAtIndex(ValueLayout.JAVA_DOUBLE, 5, -1);
      for (int i = 0; i < ELEMENTS; i++) {
        host.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      stream.upload(host.segment(), x.segment());
      stream.fill(y.segment(), Float.floatToRawIntBits(3));
      CudaKernel kernel = module.kernel("lgc_axpby");
      int[] grid = {(ELEMENTS + THREADS - 1) / THREADS, 1, 1};
      try (CudaGraph graph = stream.capture(() -> {
        kernel.launch(stream, grid, THREADS, 0, arguments);
        stream.download(target.segment(), host.segment());
      })) {
        graph.launch(stream);
        graph.launch(stream);
        stream.synchronize();
      }
      return host.segment().toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static void assertThatItComputes() {
    float[] computed = computed();
    for (int i = 0; i < ELEMENTS; i++) {
      assertThat(computed[i]).isEqualTo(2f * i - 3);
    }
  }

  @Test
  void shouldRunKernelsInGraphs() {
    assertThatItComputes();
  }

  @Test
  void shouldTellWantOfMemoryAndServeTheNext() {
    control("fail=cuMemAlloc_v2@2:2");
    assertThatThrownBy(CudaFaultsTest::computed).isInstanceOfSatisfying(CudaException.class,
        e -> assertThat(e.outOfMemory()).isTrue()).hasMessageContaining("4000 bytes");
    assertThatItComputes();
  }

  @Test
  void shouldTellWhyAModuleIsRefused() {
    try (CudaContext context = CudaContext.open(CudaDevice.of(0))) {
      assertThat(context.freeMemory()).isPositive();
      assertThatThrownBy(() -> CudaModule.load("no image".getBytes(StandardCharsets.US_ASCII)))
          .isInstanceOf(CudaException.class).hasMessageContaining("cuModuleLoadData(8 bytes)");
      try (CudaModule module = CudaModule.load(IMAGE)) {
        assertThatThrownBy(() -> module.kernel("no_kernel")).isInstanceOf(CudaException.class)
            .hasMessageContaining("cuModuleGetFunction(no_kernel)");
      }
    }
    assertThatItComputes();
  }

  @Test
  void shouldReportHowKernelsCome() {
    CudaReport report = CudaReport.of(KernelImage::origin, new CudaReport.Library(CudaLibrary.CUDNN, () -> {
      throw new NativeException("cuDNN is not needed here");
    }));
    assertThat(report.missing()).isNull();
    assertThat(report.facts()).containsEntry("kernels of cuda:0", "emulated on the processor")
        .containsEntry("cuDNN", "not found");
  }

  @Test
  void shouldReportThatKernelsAreMissing() {
    CudaReport report = CudaReport.of(device -> {
      throw new NativeException("no kernels for " + device.architecture());
    });
    assertThat(report.missing()).isEqualTo("no kernels for sm_90");
    assertThat(report.facts()).containsEntry("kernels of cuda:0", "not found");
  }

  @Test
  void shouldTellThatThereIsNoDevice() {
    control("devices=0");
    assertThatThrownBy(() -> CudaDevice.of(0)).isInstanceOf(NativeException.class)
        .hasMessageContaining("no device").hasMessageContaining("CUDA_VISIBLE_DEVICES");
    assertThat(CudaReport.of(KernelImage::origin).missing()).contains("no device");
  }

  @Test
  void shouldTellThatTheDriverIsTooOld() {
    control("version=12020");
    assertThatThrownBy(() -> CudaDevice.of(0)).isInstanceOf(NativeException.class)
        .hasMessage("the driver knows CUDA 12.2, and 13.0 is needed: install driver 580 or newer");
  }
}
