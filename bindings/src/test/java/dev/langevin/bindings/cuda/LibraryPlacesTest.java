package dev.langevin.bindings.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryPlacesTest {

  @TempDir
  private Path root;

  @Test
  void shouldLookWherePackagesAndWheelsLie() throws IOException {
    Path toolkit = Files.createDirectories(root.resolve("usr/local/cuda-13.0/lib64"));
    Path older = Files.createDirectories(root.resolve("usr/local/cuda-12.4/lib64"));
    Path debian = Files.createDirectories(root.resolve("usr/lib/x86_64-linux-gnu"));
    Path wheel = Files.createDirectories(root.resolve("home/me/env/lib/python3.12/site-packages/nvidia/cudnn/lib"));
    Path user = Files.createDirectories(root.resolve("home/me/.local/lib/python3.11/site-packages/nvidia/cu13/lib"));
    Path system = Files.createDirectories(root.resolve("usr/local/lib/python3.11/dist-packages/nvidia/cu13/lib"));

    assertThat(LibraryPlaces.usual(root, "/home/me", "/home/me/env"))
        .containsExactly(toolkit, older, debian, wheel, user, system);
    assertThat(LibraryPlaces.usual(root, null, null)).containsExactly(toolkit, older, debian, system);
  }

  @Test
  void shouldSayWhatWasTriedAndWhatBringsIt() {
    assertThatThrownBy(() -> CudaLibrary.CUDNN.load(List.of(root))).isInstanceOf(NativeException.class)
        .hasMessageContainingAll("cuDNN (libcudnn.so.9) is not there", "looked in " + root, "nvidia-cudnn-cu13",
            "-Dlangevin.cuda.libraries");
  }

  /** Not as if it were absent: the one that is there is what must be mended. */
  @Test
  void shouldTellWhyALibraryIsRefused() throws IOException {
    Path broken = Files.writeString(root.resolve("libcublasLt.so.13"), "no library");

    assertThatThrownBy(() -> CudaLibrary.CUBLASLT.load(List.of(root))).isInstanceOf(NativeException.class)
        .hasMessageContainingAll("cannot be loaded", broken.toString(), "the system's loader says");
  }
}
