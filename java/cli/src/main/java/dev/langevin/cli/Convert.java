package dev.langevin.cli;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.source.NewFolder;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.WeightFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "convert", mixinStandardHelpOptions = true,
    description = "Copies a diffusers folder with its weights in another precision; f16 takes half the room.")
final class Convert implements Callable<Integer> {

  private static final String INDEX = "model_index.json";
  private static final String WEIGHTS = ".safetensors";

  /** What weights can be written as. */
  enum Precision {
    f16(DType.F16),
    f32(DType.F32);

    final DType dtype;

    Precision(DType dtype) {
      this.dtype = dtype;
    }
  }

  @Parameters(paramLabel = "MODEL", description = "A diffusers folder.")
  private Path model;

  @Option(names = "--out", paramLabel = "DIR", required = true,
      description = "The copy; it must not exist, or be empty.")
  private Path out;

  @Option(names = "--dtype", defaultValue = "f16", description = "f16 or f32 (${DEFAULT-VALUE}).")
  private Precision precision;

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(model.resolve(INDEX))) {
      throw new IllegalArgumentException(model + " has no " + INDEX + "; name a diffusers folder");
    }
    if (Files.exists(out)) {
      try (Stream<Path> there = Files.list(out)) {
        if (there.findAny().isPresent()) {
          throw new IllegalArgumentException(out + " is not empty; name a new folder");
        }
      }
    }
    if (Files.exists(out)) { // perhaps a disk's own folder, in whose place no other can be put
      try {
        copy(out);
      } catch (IOException | RuntimeException e) {
        clear();
        throw e;
      }
    } else {
      NewFolder.write(out, this::copy);
    }
    try (Stream<Path> made = Files.walk(out)) {
      for (Path file : made.filter(Files::isRegularFile).sorted().toList()) {
        System.out.printf("%s %,d bytes%n", file, Files.size(file));
      }
    }
    return 0;
  }

  private void clear() throws IOException {
    try (Stream<Path> made = Files.walk(out)) {
      for (Path file : made.sorted(Comparator.reverseOrder()).filter(file -> !file.equals(out)).toList()) {
        Files.delete(file);
      }
    }
  }

  private void copy(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(model)) { // the index last: without it the copy is no model
      files = all.filter(Files::isRegularFile)
          .sorted(Comparator.comparing((Path file) -> file.endsWith(INDEX)).thenComparing(file -> file)).toList();
    }
    for (Path file : files) {
      Path target = folder.resolve(model.relativize(file).toString());
      Files.createDirectories(target.getParent());
      if (file.toString().endsWith(WEIGHTS)) {
        convert(file, target);
      } else {
        Files.copy(file, target);
      }
    }
  }

  private void convert(Path from, Path to) {
    try (WeightFile file = WeightFile.open(from)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Map<String, Shape> shapes = new LinkedHashMap<>();
      for (String name : new TreeSet<>(file.names())) {
        Tensor tensor = file.tensor(name);
        if (!tensor.encoding().isFloatingPoint()) {
          throw new IllegalArgumentException(
              from + ": " + name + " is " + tensor.encoding().name() + ", which has no other precision");
        }
        tensors.put(name, tensor);
        shapes.put(name, tensor.shape());
      }
      SafetensorsWriter.write(to, shapes, precision.dtype, Map.of("format", "pt"),
          (name, shape, first, chunk, count) -> {
            tensors.get(name).copyFloats(first, count, MemorySegment.ofArray(chunk));
            for (int i = 0; i < count; i++) {
              if (precision == Precision.f16 && Float.isFinite(chunk[i])
                  && Float.isInfinite(Float.float16ToFloat(Float.floatToFloat16(chunk[i])))) {
                throw new IllegalArgumentException(
                    from + ": " + name + " has a " + chunk[i] + ", which is too large for f16; keep f32");
              }
            }
          });
    }
  }
}
