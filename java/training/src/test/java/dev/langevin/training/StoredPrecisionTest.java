package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.Float8;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a network that was trained further is saved in. */
class StoredPrecisionTest {

  private static NamedTensors tensors(Object... encodingsAndCounts) {
    Map<String, Tensor> tensors = new TreeMap<>();
    for (int i = 0; i < encodingsAndCounts.length; i += 2) {
      Encoding encoding = (Encoding) encodingsAndCounts[i];
      long count = (int) encodingsAndCounts[i + 1];
      tensors.put("tensor." + i, new Tensor(encoding, Shape.of(count),
          MemorySegment.ofArray(new byte[Math.toIntExact(encoding.bytes(count))])));
    }
    return new NamedTensors() {
      @Override
      public String origin() {
        return "test";
      }

      @Override
      public Set<String> names() {
        return tensors.keySet();
      }

      @Override
      public Tensor tensor(String name) {
        return tensors.get(name);
      }
    };
  }

  /** Catches a component that is told by its first tensor, or by its integers. */
  @Test
  void shouldBeWhatMostNumbersAreStoredIn() {
    assertThat(StoredPrecision.of(tensors(DType.F32, 3, DType.BF16, 40, DType.I64, 77))).isEqualTo(DType.BF16);
    assertThat(StoredPrecision.of(tensors(DType.F16, 3, DType.F32, 40))).isEqualTo(DType.F32);
    assertThat(StoredPrecision.of(tensors(DType.F64, 8))).isEqualTo(DType.F32);
  }

  @Test
  void shouldBeWiderThanEightBits() {
    assertThat(StoredPrecision.of(tensors(Float8.F8_E4M3, 40, DType.F32, 3))).isEqualTo(DType.F16);
  }

  /** Catches a model that is saved with infinities, as its weights grew past the largest half. */
  @Test
  void shouldNotSaveANumberThatThePrecisionDoesNotHold(@TempDir Path folder) {
    Path file = folder.resolve("model.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of("a", Shape.of(1)), DType.F16, Map.of(),
        (name, shape, first, chunk, count) -> chunk[0] = 70_000)).isInstanceOf(WeightsException.class)
            .hasMessageContainingAll("a has a 70000.0", "too large for f16");
    assertThat(file).doesNotExist();
  }
}
