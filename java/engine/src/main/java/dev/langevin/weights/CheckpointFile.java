package dev.langevin.weights;

import dev.langevin.tensor.MappedFile;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A torch checkpoint ({@code .ckpt}, {@code .bin}, {@code .pt}, {@code .pth}), memory-mapped: the zip archive of torch
 * 1.6 and later, or the older format. Its pickle is read through lists of what it may hold ({@link Unpickler},
 * {@link PickleName}), which build tensors and plain values and nothing else.
 *
 * <p>
 * Names are the keys of the saved dict, or of its {@code state_dict}; those of a dict or list within it are joined by
 * dots. Tensors in row-major order are views that live until {@link #close}; others are copied each time that they are
 * asked for. Any thread may read them.
 */
public final class CheckpointFile implements WeightFile {

  /**
   * Where the weights lie if neither in {@code state_dict}, as Lightning saves them, nor in the saved dict itself:
   * trainers' habits.
   */
  private static final List<String> NESTED = List.of("model", "params_ema", "params");

  /** Dicts of weights lie two or three deep. */
  private static final int MAX_DEPTH = 32;

  /**
   * Values visited and letters of their names, for each byte of the pickle. A value that stands in one place took a
   * byte and more; only what stands in many, as a few dicts that hold one another, comes to more.
   */
  private static final long WORK_PER_BYTE = 16;

  private final Path path;
  private final String identity;
  private final MappedFile file;
  private final Map<String, MemorySegment> storages;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private long workLeft;

  private CheckpointFile(MappedFile file, String identity) {
    this.path = file.path();
    this.identity = identity;
    this.file = file;
    CheckpointContents contents = CheckpointContents.read(path.toString(), file.bytes());
    this.storages = contents.storages();
    this.workLeft = WORK_PER_BYTE * contents.pickleBytes();
    collect("", "", weights(contents.root()), 0);
  }

  /**
   * Maps and checks a file.
   *
   * @throws WeightsException if it is missing, unreadable, malformed in any way, or asks for what is not allowed
   */
  public static CheckpointFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new WeightsException(path + ": there is no such file");
    }
    MappedFile mapped = null;
    try {
      String identity = FileIdentity.of(path); // before it is read: what it is then is at least as old
      mapped = MappedFile.open(path);
      FileFormat.CHECKPOINT.require(path, mapped.bytes());
      CheckpointFile file = new CheckpointFile(mapped, identity);
      mapped.requireUnchanged();
      return file;
    } catch (IOException e) {
      throw new WeightsException(path + ": cannot be read: " + e.getMessage(), e);
    } catch (Throwable e) {
      if (mapped != null) {
        mapped.close();
      }
      throw e;
    }
  }

  private static Object weights(Object root) {
    if (root instanceof Map<?, ?> dict) {
      if (dict.get("state_dict") instanceof Map<?, ?> nested) {
        return nested;
      }
      if (dict.values().stream().noneMatch(StoredTensor.class::isInstance)) {
        for (String name : NESTED) {
          if (dict.get(name) instanceof Map<?, ?> nested) {
            return nested;
          }
        }
      }
    }
    return root;
  }

  private void collect(String prefix, Object key, Object value, int depth) {
    spend(1, depth);
    if (!(value instanceof StoredTensor || value instanceof Map<?, ?> || value instanceof List<?>)) {
      return; // numbers, strings and the like tell of the training
    }
    String own = String.valueOf(key);
    spend(prefix.length() + own.length(), depth);
    String name = prefix.isEmpty() ? own : own.equals(Unpickler.PARAMETERS) ? prefix : prefix + "." + own;
    switch (value) {
      case Map<?, ?> dict -> dict.forEach((each, part) -> collect(name, each, part, depth + 1));
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          collect(name, i, list.get(i), depth + 1);
        }
      }
      default -> {
        if (tensors.put(name, (StoredTensor) value) != null) {
          throw new WeightsException(path + ": two tensors have the name '" + name + "'");
        }
      }
    }
  }

  private void spend(long work, int depth) {
    workLeft -= work;
    if (workLeft < 0 || depth > MAX_DEPTH) {
      throw new WeightsException(
          path + ": its dicts and lists hold one another, without end or more than " + MAX_DEPTH + " deep");
    }
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String format() {
    return "torch checkpoint";
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public Tensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new WeightsException(
          path + ": there is no tensor '" + name + "'; do the configuration and the weights belong together?");
    }
    return tensor.in(storages.get(tensor.storage().key()));
  }

  @Override
  public void unload() {
    file.bytes().unload();
  }

  @Override
  public void requireUnchanged() {
    file.requireUnchanged();
  }

  @Override
  public void close() {
    file.close();
  }
}
