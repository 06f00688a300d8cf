package dev.langevin.bindings.kernels;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What nvcc makes for several kinds of devices: machine code of some, and PTX, which drivers compile for newer ones.
 */
record FatBinary(List<Part> parts) {

  private static final int MAGIC = 0xba55ed50;
  private static final int PTX = 1;
  private static final int ENTRY = 32; // bytes of an entry's header that are read

  /** @param architecture such as 90 */
  record Part(boolean ptx, int architecture) {

    /** Machine code runs on devices of the same generation that are not older, PTX on all that are not older. */
    boolean runsOn(int major, int minor) {
      int device = 10 * major + minor;
      return architecture <= device && (ptx || architecture / 10 == major);
    }

    @Override
    public String toString() {
      return ptx ? "PTX of compute_" + architecture : "sm_" + architecture;
    }
  }

  static FatBinary of(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < Long.BYTES || buffer.getInt(0) != MAGIC) {
      throw new IllegalArgumentException(bytes.length + " bytes are no fatbin of nvcc");
    }
    List<Part> parts = new ArrayList<>();
    for (long at = buffer.getShort(6); at + ENTRY <= bytes.length;) { // behind the header, whose length is there
      int entry = (int) at;
      parts.add(new Part(buffer.getShort(entry) == PTX, buffer.getInt(entry + 28)));
      at += buffer.getInt(entry + 4) + buffer.getLong(entry + 8);
    }
    return new FatBinary(List.copyOf(parts));
  }

  /** The part that a driver takes for a device, or null where there is none. */
  Part partFor(int major, int minor) {
    Part best = null;
    for (Part part : parts) {
      if (part.runsOn(major, minor)
          && (best == null || best.ptx && !part.ptx || best.ptx == part.ptx && best.architecture < part.architecture)) {
        best = part;
      }
    }
    return best;
  }
}
