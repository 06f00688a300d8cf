package dev.langevin.bindings.cudnn;

import java.util.Locale;

/** Devices that plans can be made for without one, in the words in which cuDNN tells those that are there. */
public final class DeviceDescriptions {

  private DeviceDescriptions() {}

  /**
   * An A100 (80), L40 (89), H100 (90), B200 (100) or RTX 5090 (120), for {@link DeviceDescription#read}.
   *
   * @param capability compute capability, 10 times the major and once the minor number
   * @throws IllegalArgumentException for another
   */
  public static String of(int capability) {
    int multiprocessors = switch (capability) {
      case 80 -> 108;
      case 89 -> 142;
      case 90 -> 132;
      case 100 -> 148;
      case 120 -> 170;
      default -> throw new IllegalArgumentException("no device of compute capability " + capability);
    };
    int sharedMemory = switch (capability) {
      case 80 -> 166_912;
      case 90, 100 -> 232_448;
      default -> 101_376;
    };
    int threads = capability == 89 || capability == 120 ? 1536 : 2048;
    return String.format(Locale.ROOT, """
        {"deviceVer":%d,"driverVer":13000,"cudaDeviceId":0,"maxGridSize":[2147483647,65535,65535],\
        "maxBlockSize":[1024,1024,64],"regsPerBlock":65536,"multiProcessorCount":%d,"smCountOrigin":0,"warpSize":32,\
        "maxSharedMemoryPerBlock":49152,"maxSharedMemoryPerBlockOptin":%d,"reservedSharedMemoryPerBlock":1024,\
        "maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":%d,"pciDeviceId":0,\
        "isTccDriver":0,"supportCoopLaunch":1,"smClockRateKHz":1980000,"memClockRateKHz":2619000,\
        "l2CacheSize":52428800,"totalGlobalMem":85000000000,"deviceName":"sm_%d"}""", capability * 10, multiprocessors,
        sharedMemory, threads, capability);
  }
}
