package dev.langevin.bindings.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A GPU as the driver describes it.
 *
 * @param index from 0, in the order of CUDA_VISIBLE_DEVICES
 * @param major of the compute capability, such as 9 of sm_90
 * @param multiprocessors how many of them it has
 * @param sharedMemory bytes that one block of threads may have on request
 * @param memory bytes, all of it
 */
public record CudaDevice(int index, String name, int major, int minor, int multiprocessors, int sharedMemory,
    long memory) {

  private static final int LONGEST_NAME = 256;

  /**
   * The device of that number.
   *
   * @throws dev.langevin.bindings.NativeException if there is none, with how many there are
   */
  public static CudaDevice of(int index) {
    int devices = Driver.devices();
    if (index < 0 || index >= devices) {
      throw new IllegalArgumentException("there is no device cuda:" + index + "; "
          + (devices == 1 ? "the only one is cuda:0" : "they are cuda:0 to cuda:" + (devices - 1)));
    }
    int device = handle(index);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(LONGEST_NAME);
      Function.DEVICE_NAME.call("", name.address(), LONGEST_NAME, device);
      return new CudaDevice(index, name.getString(0),
          attribute(device, Constant.DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
          attribute(device, Constant.DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
          attribute(device, Constant.DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
          attribute(device, Constant.DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
          Function.DEVICE_TOTAL_MEMORY.create("", device));
    }
  }

  /** Its architecture as compilers call it, such as {@code sm_90}. */
  public String architecture() {
    return "sm_" + major + minor;
  }

  static int handle(int index) {
    return (int) Function.DEVICE.create(String.valueOf(index), index);
  }

  private static int attribute(int device, Constant attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
      Function.DEVICE_ATTRIBUTE.call(attribute.symbol, out.address(), attribute.value, device);
      return out.get(ValueLayout.JAVA_INT, 0);
    }
  }
}
