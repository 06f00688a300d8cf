package dev.langevin.backend;

import java.util.function.Function;

/**
 * What the shares of one backend have in common, such as its thread: made when the first share is opened, closed with
 * the last, made anew when it is opened again. Thread-safe.
 */
public final class SharedDevice<D extends SharedDevice.Device> {

  /** Threads and handles of a device. */
  public interface Device extends AutoCloseable {

    /** How many threads its kernels run on. */
    int threads();

    @Override
    void close();
  }

  /** One user's hold on the device. */
  public final class Share implements AutoCloseable {

    private volatile D held;

    private Share(D device) {
      held = device;
    }

    /**
     * {@return the device, which is open as long as this share}
     *
     * @throws IllegalStateException if this share is closed
     */
    public D device() {
      D device = held;
      if (device == null) {
        throw new IllegalStateException("this backend " + name + " is closed; open it again with Backend.open");
      }
      return device;
    }

    /** Another hold on the same device, which its user closes. */
    public Share again() {
      device();
      return open(BackendOptions.usual());
    }

    /** Gives the hold up, once; with the last one the device is closed before this returns. */
    @Override
    public void close() {
      release(this);
    }
  }

  private final String name;
  private final Function<BackendOptions, D> start;
  private D device; // null while there is no share
  private int shares;

  /**
   * Makes no device yet; {@code start} does, with the options that the first share is opened with.
   *
   * @param name for messages
   */
  public SharedDevice(String name, Function<BackendOptions, D> start) {
    this.name = name;
    this.start = start;
  }

  /**
   * A share of the device, which is made now where there is none.
   *
   * @throws IllegalStateException if it is there with another number of threads than is asked for
   */
  public synchronized Share open(BackendOptions options) {
    if (device == null) {
      device = start.apply(options);
    } else if (options.threads() != null && options.threads() != device.threads()) {
      throw new IllegalStateException("the backend " + name + " is open with " + device.threads() + " threads, "
          + options.threads() + " were asked for; a process has one: ask for " + device.threads()
          + " or for none, or close whoever has it open first");
    }
    shares++;
    return new Share(device);
  }

  private void release(Share share) {
    D last = null;
    synchronized (this) {
      if (share.held == null) {
        return;
      }
      share.held = null;
      shares--;
      if (shares == 0) {
        last = device;
        device = null;
      }
    }
    if (last != null) {
      last.close(); // without the lock: it waits for work on the device's thread, which may itself open or close a
                    // share
    }
  }
}
