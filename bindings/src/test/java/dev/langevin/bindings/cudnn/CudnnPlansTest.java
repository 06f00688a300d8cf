package dev.langevin.bindings.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaLibrary;
import dev.langevin.bindings.cuda.Driver;
import dev.langevin.bindings.cudnn.OperationGraph.Window;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plans for a device that is not there, where cuDNN is. */
class CudnnPlansTest {

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();
  private DeviceDescription device;

  @BeforeAll
  static void requireCudnn() {
    try {
      if (Driver.isEmulated()) { // a driver gets what is compiled
        abort("the driver on the processor knows no code but its own; native/cuda/without_device has one for plans");
      }
      CudaLibrary.CUDNN.symbols();
    } catch (NativeException e) {
      abort(e.getMessage());
    }
  }

  @BeforeEach
  void describe() {
    device = DeviceDescription.read(DeviceDescriptions.of(90));
  }

  @AfterEach
  void close() {
    device.close();
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  /** A residual block's second convolution: sums, bias, what it is added to. */
  @Test
  void shouldPlanAConvolutionWithItsEpilogue() {
    try (OperationGraph graph = new OperationGraph()) {
      GraphTensor x = graph.picture(DataType.F16, 2, 320, 64, 64);
      GraphTensor weights = graph.picture(DataType.F16, 320, 320, 3, 3);
      GraphTensor bias = graph.picture(DataType.F16, 1, 320, 1, 1);
      GraphTensor residual = graph.picture(DataType.F16, 2, 320, 64, 64);
      GraphTensor y = graph.picture(DataType.F16, 2, 320, 64, 64);
      GraphTensor sums = graph.sums(DataType.F32, y);
      GraphTensor biased = graph.sums(DataType.F32, y);
      graph.convolution(x, weights, new Window(1, 1, 1, 1, 1), DataType.F32, sums)
          .pointwise(Pointwise.ADD, sums, bias, biased).pointwise(Pointwise.ADD, biased, residual, y);

      plansAndKeeps(graph);
    }
  }

  @Test
  void shouldPlanAMatrixProductWithItsEpilogue() {
    try (OperationGraph graph = new OperationGraph()) {
      GraphTensor a = graph.tensor(DataType.F16, new long[] {1, 8192, 320}, new long[] {8192 * 320, 320, 1});
      GraphTensor b = graph.tensor(DataType.F16, new long[] {1, 320, 1280}, new long[] {320 * 1280, 1, 320});
      GraphTensor bias = graph.tensor(DataType.F16, new long[] {1, 1, 1280}, new long[] {1280, 1280, 1});
      GraphTensor c = graph.tensor(DataType.F16, new long[] {1, 8192, 1280}, new long[] {8192 * 1280, 1280, 1});
      GraphTensor sums = graph.sums(DataType.F32, c);
      GraphTensor biased = graph.sums(DataType.F32, c);
      graph.matmul(a, b, DataType.F32, sums).pointwise(Pointwise.ADD, sums, bias, biased).pointwise(Pointwise.GELU,
          biased, null, c);

      plansAndKeeps(graph);
    }
  }

  @Test
  void shouldPlanAttentionOverPackedValues() {
    long row = 3 * 8 * 40;
    long[] shape = {2, 8, 4096, 40};
    long[] packed = {4096 * row, 40, row, 1};
    try (OperationGraph graph = new OperationGraph()) {
      GraphTensor scale = graph.tensor(DataType.F32, new long[] {1, 1, 1, 1}, new long[] {1, 1, 1, 1});
      graph.attention(graph.tensor(DataType.F16, shape, packed), graph.tensor(DataType.F16, shape, packed),
          graph.tensor(DataType.F16, shape, packed), scale,
          graph.tensor(DataType.F16, shape, new long[] {4096 * 320, 40, 320, 1}));

      plansAndKeeps(graph);
    }
  }

  /** cuDNN has attention for head sizes that are multiples of 8. */
  @Test
  void shouldTellThatNoEngineServes() {
    long[] shape = {2, 8, 4096, 36};
    long[] strides = {4096 * 288, 36, 288, 1};
    try (OperationGraph graph = new OperationGraph()) {
      GraphTensor scale = graph.tensor(DataType.F32, new long[] {1, 1, 1, 1}, new long[] {1, 1, 1, 1});
      graph.attention(graph.tensor(DataType.F16, shape, strides), graph.tensor(DataType.F16, shape, strides),
          graph.tensor(DataType.F16, shape, strides), scale, graph.tensor(DataType.F16, shape, strides));

      assertThatThrownBy(() -> ExecutionPlan.plan(graph, device, 1)).isInstanceOf(NativeException.class)
          .hasMessage("cuDNN has no engine for this graph");
    }
  }

  private void plansAndKeeps(OperationGraph graph) {
    List<ExecutionPlan> plans = ExecutionPlan.plan(graph, device, 1);
    try (ExecutionPlan plan = plans.getFirst()) {
      assertThat(plan.workspaceBytes()).isNotNegative();
      String json = plan.json();
      try (ExecutionPlan again = ExecutionPlan.read(json, device)) {
        assertThat(again.workspaceBytes()).isEqualTo(plan.workspaceBytes());
      }
    }
  }
}
