package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IpAdapterFileTest {

  @TempDir
  private Path folder;

  private Path write(String name, float value, Map<String, Shape> shapes) {
    Path file = folder.resolve(name);
    SafetensorsWriter.write(file, shapes, DType.F32, Map.of(),
        (tensor, shape, first, chunk, count) -> Arrays.fill(chunk, value));
    return file;
  }

  private static Map<String, Shape> adapter() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("image_proj.proj.weight", Shape.of(12, 5));
    shapes.put("ip_adapter.1.to_k_ip.weight", Shape.of(2, 3));
    return shapes;
  }

  /**
   * Catches an adapter that hides a weight of the network, and one that is checked against the wrong half of the names.
   */
  @Test
  void shouldLieBesideTheNetworksWeights() {
    Map<String, Shape> expected = adapter();
    expected.put("conv_in.weight", Shape.of(4));
    try (
        SafetensorsFile unet =
            SafetensorsFile.open(write("unet.safetensors", 1, Map.of("conv_in.weight", Shape.of(4))));
        IpAdapterFile file = IpAdapterFile.open(write("adapter.safetensors", 2, adapter()))) {
      assertThat(file.embedding()).isEqualTo(5);
      assertThat(file.tokens(3)).isEqualTo(4);
      NamedTensors both = file.beside(unet, expected);
      assertThat(both.tensor("conv_in.weight").toFloats()).containsOnly(1);
      assertThat(both.tensor("ip_adapter.1.to_k_ip.weight").toFloats()).containsOnly(2);
      expected.put("ip_adapter.3.to_k_ip.weight", Shape.of(2, 3));
      assertThatThrownBy(() -> file.beside(unet, expected)).isInstanceOf(WeightsException.class)
          .hasMessageContaining("1 missing: ip_adapter.3.to_k_ip.weight");
      assertThatThrownBy(() -> file.tokens(7)).isInstanceOf(WeightsException.class)
          .hasMessageContaining("projects to 12 channels, the U-Net reads tokens of 7");
    }
  }

  @Test
  void shouldRefuseOtherKindsAndNaN() {
    assertThatThrownBy(
        () -> IpAdapterFile.open(write("plus.safetensors", 1, Map.of("image_proj.latents", Shape.of(1, 16, 8)))))
            .isInstanceOf(WeightsException.class).hasMessageContaining("(Plus, FaceID), which is not supported");
    try (
        SafetensorsFile unet =
            SafetensorsFile.open(write("unet.safetensors", 1, Map.of("conv_in.weight", Shape.of(4))));
        IpAdapterFile file = IpAdapterFile.open(write("nan.safetensors", Float.NaN, adapter()))) {
      assertThatThrownBy(() -> file.beside(unet, adapter())).isInstanceOf(WeightsException.class)
          .hasMessageContaining("hold NaN or infinite values: [image_proj.proj.weight, ip_adapter.1.to_k_ip.weight]");
    }
  }
}
