package dev.langevin.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where the entries of a mapped zip archive lie (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16, with
 * zip64). The JDK's own reader does not tell the place of an entry's bytes, which a view of them needs. Only
 * uncompressed entries are given, so that none is larger than the file; every range is checked.
 */
final class ZipDirectory {

  /** Checkpoints have some thousands; the limit bounds what a forged one can cost. */
  private static final int MAX_ENTRIES = 1_000_000;

  private static final int END = 0x06054b50;
  private static final int END64_LOCATOR = 0x07064b50;
  private static final int END64 = 0x06064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;

  private static final int END_BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int END64_BYTES = 56;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_BYTES = 30;

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private record Entry(int flags, int method, long storedBytes, long bytes, long header) {}

  private final String origin;
  private final MemorySegment file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ZipDirectory(String origin, MemorySegment file) {
    this.origin = origin;
    this.file = file;
  }

  /**
   * Reads the central directory.
   *
   * @throws WeightsException if there is none, or it is malformed
   */
  static ZipDirectory read(String origin, MemorySegment file) {
    ZipDirectory zip = new ZipDirectory(origin, file);
    zip.readCentral();
    return zip;
  }

  Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** A view of an entry's bytes. */
  MemorySegment bytes(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new WeightsException(
          origin + ": the archive has no entry '" + name + "'; was the file written or downloaded whole?");
    }
    if (entry.method != 0 || (entry.flags & 1) != 0 || entry.storedBytes != entry.bytes) {
      throw new WeightsException(
          origin + ": the entry '" + name + "' is compressed or encrypted (method " + entry.method
              + "); torch writes entries as they are: was the archive packed again? Save it anew with torch.save");
    }
    require(entry.header, LOCAL_BYTES, LOCAL, "entry '" + name + "'");
    long data = entry.header + LOCAL_BYTES + u2(entry.header + 26) + u2(entry.header + 28);
    if (entry.bytes < 0 || data > file.byteSize() || entry.bytes > file.byteSize() - data) {
      throw new WeightsException(
          origin + ": the entry '" + name + "' of " + Long.toUnsignedString(entry.bytes) + " bytes at byte "
              + data + " ends outside the file of " + file.byteSize() + "; download the file again");
    }
    return file.asSlice(data, entry.bytes);
  }

  private void readCentral() {
    long end = end();
    long count = u2(end + 10);
    long at = u4(end + 16);
    if (end >= LOCATOR_BYTES && file.get(INT, end - LOCATOR_BYTES) == END64_LOCATOR) {
      long end64 = file.get(LONG, end - LOCATOR_BYTES + 8);
      require(end64, END64_BYTES, END64, "zip64 end record");
      count = file.get(LONG, end64 + 32);
      at = file.get(LONG, end64 + 48);
    }
    if (count < 0 || count > MAX_ENTRIES) {
      throw new WeightsException(
          origin + ": the archive has " + Long.toUnsignedString(count) + " entries, the limit is " + MAX_ENTRIES);
    }
    for (long i = 0; i < count; i++) {
      require(at, CENTRAL_BYTES, CENTRAL, "directory entry " + i);
      int nameBytes = u2(at + 28);
      int extraBytes = u2(at + 30);
      long name = at + CENTRAL_BYTES;
      if (nameBytes + extraBytes > file.byteSize() - name) {
        throw new WeightsException(origin + ": the archive's directory entry " + i + " ends outside the file");
      }
      String text = new String(file.asSlice(name, nameBytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
      if (entries.put(text, entry(at, name + nameBytes, extraBytes)) != null) {
        throw new WeightsException(origin + ": the archive has the entry '" + text + "' twice");
      }
      at = name + nameBytes + extraBytes + u2(at + 32);
    }
  }

  /** Sizes and place; each that does not fit in 32 bits is all ones and stands in the zip64 field, in this order. */
  private Entry entry(long at, long extra, int extraBytes) {
    long[] values = {u4(at + 24), u4(at + 20), u4(at + 42)};
    for (long field = extra; field + 4 <= extra + extraBytes; field += 4 + u2(field + 2)) {
      if (u2(field) == 1) {
        long end = Math.min(field + 4 + u2(field + 2), extra + extraBytes);
        long value = field + 4;
        for (int i = 0; i < values.length; i++) {
          if (values[i] == 0xffff_ffffL && value + Long.BYTES <= end) {
            values[i] = file.get(LONG, value);
            value += Long.BYTES;
          }
        }
      }
    }
    return new Entry(u2(at + 8), u2(at + 10), values[1], values[0], values[2]);
  }

  /** The end record lies behind all else but a comment of at most 65,535 bytes. */
  private long end() {
    for (long at = file.byteSize() - END_BYTES; at >= 0 && at >= file.byteSize() - END_BYTES - 0xffff; at--) {
      if (file.get(INT, at) == END && u2(at + 20) == file.byteSize() - at - END_BYTES) {
        return at;
      }
    }
    throw new WeightsException(
        origin + ": the zip archive's directory at its end is missing, the file was cut; download it again");
  }

  private void require(long at, long bytes, int signature, String what) {
    if (at < 0 || at > file.byteSize() - bytes || file.get(INT, at) != signature) {
      throw new WeightsException(origin + ": the archive's " + what + " is not where the archive says, at byte "
          + Long.toUnsignedString(at) + " of " + file.byteSize() + "; download the file again");
    }
  }

  private int u2(long at) {
    return Short.toUnsignedInt(file.get(SHORT, at));
  }

  private long u4(long at) {
    return Integer.toUnsignedLong(file.get(INT, at));
  }
}
