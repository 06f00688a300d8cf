package dev.langevin.backend;

/**
 * A backend and one of its devices, written {@code cuda:1}; {@code onednn} is {@code onednn:0}.
 *
 * @param device from 0
 */
record DeviceName(String backend, int device) {

  /** @throws IllegalArgumentException if what follows the colon is no index */
  static DeviceName parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      return new DeviceName(text, 0);
    }
    String index = text.substring(colon + 1);
    if (!index.matches("[0-9]{1,4}")) {
      throw new IllegalArgumentException(
          "'" + text + "': what follows the colon is a device's index, such as cuda:1, not '" + index + "'");
    }
    return new DeviceName(text.substring(0, colon), Integer.parseInt(index));
  }
}
