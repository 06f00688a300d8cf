package dev.langevin.bindings.cudnn;

/** A device as plans are made for it, which need not be there. */
public final class DeviceDescription implements AutoCloseable {

  final Descriptor descriptor;

  private DeviceDescription(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** The device of that number, which is there. */
  public static DeviceDescription of(int device) {
    return made(new Descriptor(Constant.DEVICEPROP_DESCRIPTOR), null, device);
  }

  /** One that another process has described with {@link #json}. */
  public static DeviceDescription read(String json) {
    return made(new Descriptor(Constant.DEVICEPROP_DESCRIPTOR), json, 0);
  }

  private static DeviceDescription made(Descriptor descriptor, String json, int device) {
    try {
      if (json == null) {
        descriptor.set(Constant.DEVICEPROP_DEVICE_ID, device);
      } else {
        descriptor.text(Constant.DEVICEPROP_JSON_REPRESENTATION, json);
      }
      return new DeviceDescription(descriptor.finish());
    } catch (RuntimeException e) {
      descriptor.close();
      throw e;
    }
  }

  /** All that cuDNN asks of a device. */
  public String json() {
    return descriptor.text(Constant.DEVICEPROP_JSON_REPRESENTATION);
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
