package dev.langevin.bindings.cuda;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * NVIDIA's libraries. Each is loaded once, for as long as the process lives, after those that it needs: cuDNN ends the
 * process where it does not find cuBLASLt, so that is found first. Thread-safe.
 */
public enum CudaLibrary {
  /** cuda.h; it comes with the kernel's module. */
  DRIVER("libcuda.so.1", "CUDA's driver", "Debian's package nvidia-driver (580 or newer), or NVIDIA's installer"),
  /** nvrtc.h: from a kernel's source to a device's code. */
  NVRTC("libnvrtc.so.13", "NVRTC", "NVIDIA's package cuda-nvrtc-13-0, or the wheel nvidia-cuda-nvrtc"),
  /** cublasLt.h. */
  CUBLASLT("libcublasLt.so.13", "cuBLASLt", "NVIDIA's package libcublas-13-0, or the wheel nvidia-cublas"),
  /** cudnn.h. */
  CUDNN("libcudnn.so.9", "cuDNN", "NVIDIA's package libcudnn9-cuda-13, or the wheel nvidia-cudnn-cu13", NVRTC,
      CUBLASLT);

  private static final String BUILTINS = "libnvrtc-builtins.so.";

  private final String file;
  private final String title;
  private final String brings;
  private final CudaLibrary[] first;
  private SymbolLookup symbols;

  CudaLibrary(String file, String title, String brings, CudaLibrary... first) {
    this.file = file;
    this.title = title;
    this.brings = brings;
    this.first = first;
  }

  /** What people call it. */
  public String title() {
    return title;
  }

  /**
   * Loads the library, or gives it where it is loaded.
   *
   * @throws NativeException if it, or one that it needs, is nowhere, with the places tried and what brings it; the next
   *   call looks again
   */
  public SymbolLookup symbols() {
    synchronized (CudaLibrary.class) {
      if (symbols == null) {
        for (CudaLibrary each : first) {
          each.symbols();
        }
        symbols = load(places());
      }
      return symbols;
    }
  }

  /** The file that is loaded, or null where none is. */
  public String path() {
    synchronized (CudaLibrary.class) {
      return symbols == null ? null : NativeLibraries.mapped(file).stream().findFirst().orElse(null);
    }
  }

  private static List<Path> places() {
    // null stands for the system's loader.
    List<Path> places = new ArrayList<>(LibraryPlaces.named(System.getProperty(LibraryPlaces.PROPERTY, "")));
    places.add(null);
    places.addAll(
        LibraryPlaces.usual(Path.of("/"), System.getProperty("user.home"), System.getenv("VIRTUAL_ENV")));
    return places;
  }

  /** Loads the first that can be, of folders and, where null stands, of the system's loader. */
  SymbolLookup load(List<Path> places) {
    List<String> refusals = new ArrayList<>();
    for (Path place : places) {
      for (String candidate : candidates(place)) {
        try {
          return open(candidate);
        } catch (NativeException e) {
          refusals.add(e.getMessage());
        }
      }
    }
    List<String> tried =
        places.stream().map(place -> place == null ? "the system's loader" : place.toString()).toList();
    throw new NativeException(title + " (" + file + ") "
        + (refusals.isEmpty() ? "is not there" : "cannot be loaded: " + String.join("; ", refusals)) + "; looked in "
        + String.join(", ", tried) + "; it comes with " + brings + "; folders of your own: -D" + LibraryPlaces.PROPERTY
        + "=DIR:DIR");
  }

  private List<String> candidates(Path place) {
    if (place != null) {
      return LibraryPlaces.files(place, file).stream().map(Path::toString).toList();
    }
    return NativeLibraries.installed(file) ? List.of(file) : List.of();
  }

  @SuppressWarnings("restricted")
  private SymbolLookup open(String candidate) {
    if (!candidate.contains("/")) {
      return SymbolLookup.libraryLookup(candidate, Arena.global());
    }
    Path path = Path.of(candidate);
    if (this == NVRTC) { // which asks the loader for them by their name alone
      LibraryPlaces.files(path.getParent(), BUILTINS).forEach(NativeLibraries::open);
    }
    return NativeLibraries.open(path);
  }
}
