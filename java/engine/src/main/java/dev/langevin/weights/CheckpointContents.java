package dev.langevin.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint taken apart: the pickled value and the bytes of its storages.
 *
 * @param root what was saved, as {@link Unpickler} builds it
 * @param pickleBytes the pickle's length
 * @param storages views of the file by the storages' keys, each of the length that the pickle gives it
 */
record CheckpointContents(Object root, long pickleBytes, Map<String, MemorySegment> storages) {

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** First value of the older format, {@code torch.serialization.MAGIC_NUMBER}. */
  private static final BigInteger LEGACY_MAGIC = new BigInteger("119547037146038801333356");

  private static final long LEGACY_PROTOCOL = 1001;

  static CheckpointContents read(String origin, MemorySegment file) {
    return file.byteSize() > 0 && file.get(ValueLayout.JAVA_BYTE, 0) == 'P' ? zip(origin, file) : legacy(origin, file);
  }

  /**
   * As torch 1.6 and later write it: a zip archive of {@code NAME/data.pkl} and {@code NAME/data/KEY}, uncompressed.
   */
  private static CheckpointContents zip(String origin, MemorySegment file) {
    ZipDirectory zip = ZipDirectory.read(origin, file);
    List<String> pickles = zip.names().stream().filter(name -> name.matches("[^/]+/data\\.pkl")).toList();
    if (pickles.size() != 1) {
      throw new WeightsException(
          origin + ": is a zip archive with " + pickles.size() + " entries NAME/data.pkl, a torch checkpoint"
              + " has one");
    }
    String folder = pickles.getFirst().substring(0, pickles.getFirst().length() - "data.pkl".length());
    if (zip.names().contains(folder + "constants.pkl")) {
      throw new WeightsException(
          origin + ": is a TorchScript program, not a checkpoint of weights; save the module's state_dict()");
    }
    if (zip.names().contains(folder + "byteorder")) {
      MemorySegment little = MemorySegment.ofArray("little".getBytes(StandardCharsets.US_ASCII));
      requireLittleEndian(origin, zip.bytes(folder + "byteorder").mismatch(little) < 0);
    }
    MemorySegment pickle = zip.bytes(pickles.getFirst());
    Unpickler unpickler = new Unpickler(origin, pickle);
    Object root = unpickler.load();
    Map<String, MemorySegment> storages = new HashMap<>();
    unpickler.storages().forEach((key, storage) -> {
      MemorySegment bytes = zip.bytes(folder + "data/" + key);
      if (bytes.byteSize() != storage.bytes()) {
        throw new WeightsException(
            origin + ": storage '" + key + "' of " + storage.elements() + " x " + storage.encoding().name() + " takes "
                + storage.bytes() + " bytes, its entry has " + bytes.byteSize());
      }
      storages.put(key, bytes);
    });
    return new CheckpointContents(root, pickle.byteSize(), storages);
  }

  /**
   * As torch wrote it before 1.6: pickles of a magic number, a version, the writer's system, the value and the list of
   * the storages' keys; then in the list's order each storage's number of elements (8 bytes) and elements.
   */
  private static CheckpointContents legacy(String origin, MemorySegment file) {
    long at = 0;
    Unpickler value = null;
    Object[] parts = new Object[5];
    for (int i = 0; i < parts.length; i++) {
      Unpickler unpickler = new Unpickler(origin, file.asSlice(at));
      parts[i] = unpickler.load();
      at += unpickler.position();
      value = i == 3 ? unpickler : value;
      if (i == 0 && !LEGACY_MAGIC.equals(parts[0])) {
        throw new WeightsException(origin + ": is a pickle, but none that torch.save wrote");
      }
    }
    if (!Long.valueOf(LEGACY_PROTOCOL).equals(parts[1])) {
      throw new WeightsException(origin + ": the version of its format is not " + LEGACY_PROTOCOL);
    }
    requireLittleEndian(origin,
        parts[2] instanceof Map<?, ?> system && Boolean.TRUE.equals(system.get("little_endian")));
    if (!(parts[4] instanceof List<?> keys)) {
      throw new WeightsException(origin + ": the list of its storages is missing");
    }
    Map<String, MemorySegment> storages = new HashMap<>();
    for (Object key : keys) {
      StoredTensor.Storage storage = key instanceof String name ? value.storages().get(name) : null;
      if (storage == null || storages.containsKey(storage.key())) {
        throw new WeightsException(origin + ": its list of storages holds "
            + (storage == null ? "one that no tensor names" : "'" + storage.key() + "' twice"));
      }
      long left = file.byteSize() - at - Long.BYTES;
      if (left < storage.bytes() || file.get(LONG, at) != storage.elements()) {
        throw new WeightsException(
            origin + ": storage '" + storage.key() + "' of " + storage.elements() + " x " + storage.encoding().name()
                + " is not whole at byte " + at + " of " + file.byteSize() + "; download the file again");
      }
      storages.put(storage.key(), file.asSlice(at + Long.BYTES, storage.bytes()));
      at += Long.BYTES + storage.bytes();
    }
    for (String key : value.storages().keySet()) {
      if (!storages.containsKey(key)) {
        throw new WeightsException(origin + ": storage '" + key + "' is missing in its list of storages");
      }
    }
    return new CheckpointContents(parts[3], value.position(), storages);
  }

  private static void requireLittleEndian(String origin, boolean littleEndian) {
    if (!littleEndian) {
      throw new WeightsException(
          origin + ": was written on a big-endian machine; only little-endian checkpoints are read");
    }
  }
}
