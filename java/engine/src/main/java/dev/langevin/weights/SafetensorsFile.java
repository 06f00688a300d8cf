package dev.langevin.weights;

import dev.langevin.tensor.MappedFile;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A safetensors file, memory-mapped: an 8-byte little-endian header length, a JSON header, the tensors' bytes. Every
 * range is checked before use, so that no header can make a tensor reach outside the file. Tensors are views that live
 * until {@link #close}; any thread may read them.
 */
public final class SafetensorsFile implements WeightFile {

  /** The reference implementation refuses longer headers; so a forged length costs no memory here either. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MappedFile file;
  private final String identity;
  private final Map<String, Tensor> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(MappedFile file, String identity, Map<String, Tensor> tensors, Map<String, String> metadata) {
    this.file = file;
    this.identity = identity;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Maps and checks a file.
   *
   * @throws WeightsException if it is missing, unreadable or malformed in any way
   */
  public static SafetensorsFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new WeightsException(path + ": there is no such file");
    }
    MappedFile mapped = null;
    try {
      String identity = FileIdentity.of(path); // before it is read: what it is then is at least as old
      mapped = MappedFile.open(path);
      MemorySegment file = mapped.bytes();
      FileFormat.SAFETENSORS.require(path, file);
      long headerBytes = headerBytes(path, file);
      byte[] json = file.asSlice(8, headerBytes).toArray(ValueLayout.JAVA_BYTE);
      SafetensorsHeader header = SafetensorsHeader.parse(path, json, file.byteSize() - 8 - headerBytes);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      header.entries().forEach((name, entry) -> tensors.put(name, new Tensor(entry.encoding(), entry.shape(),
          file.asSlice(8 + headerBytes + entry.begin(), entry.end() - entry.begin()))));
      mapped.requireUnchanged();
      return new SafetensorsFile(mapped, identity, tensors, header.metadata());
    } catch (IOException e) {
      throw new WeightsException(path + ": cannot be read: " + e.getMessage(), e);
    } catch (Throwable e) {
      if (mapped != null) {
        mapped.close();
      }
      throw e;
    }
  }

  private static long headerBytes(Path path, MemorySegment file) {
    if (file.byteSize() < 8) {
      throw new WeightsException(
          path + ": " + file.byteSize() + " bytes are too few for the 8-byte header length; download the file again");
    }
    long headerBytes = file.get(LENGTH, 0);
    if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) {
      throw new WeightsException(path + ": the header length is " + Long.toUnsignedString(headerBytes)
          + " bytes, the limit " + MAX_HEADER_BYTES + "; is it a safetensors file?");
    }
    if (headerBytes > file.byteSize() - 8) {
      throw new WeightsException(path + ": the header is " + headerBytes + " bytes long, the file has "
          + (file.byteSize() - 8) + " after the length; download the file again");
    }
    return headerBytes;
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new WeightsException(path() + ": there is no tensor '" + name
          + "'; do the configuration and the weights belong together?");
    }
    return tensor;
  }

  @Override
  public Set<String> names() {
    return java.util.Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public String format() {
    return "safetensors";
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
