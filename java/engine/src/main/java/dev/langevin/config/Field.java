package dev.langevin.config;

/**
 * A field of a configuration file.
 *
 * @param absent what stands for it where it is absent or null; null where its reader then goes without, or has a value
 *   of its own
 * @param presence what an absent one, and a null, mean
 * @param layers whether it counts layers, of which each has a tensor of its own
 */
public record Field(String name, Type type, Object absent, Presence presence, boolean layers) {

  /** What an absent field, and a null, mean. */
  public enum Presence {
    /** Absent or null, it has the value {@link Field#absent}, or there is none of what it describes. */
    OPTIONAL,
    /** Absent, it has the value {@link Field#absent}; null is a value: there is none. */
    NULLABLE,
    /** Absent or null, it has a value that depends on the class or on other fields, which its reader gives. */
    BY_CLASS,
    /** It must be there. */
    REQUIRED
  }

  static Field optional(String name, Type type, Object absent) {
    return new Field(name, type, absent, Presence.OPTIONAL, false);
  }

  static Field optional(String name, Type type) {
    return optional(name, type, null);
  }

  static Field nullable(String name, Type type, Object absent) {
    return new Field(name, type, absent, Presence.NULLABLE, false);
  }

  static Field byClass(String name, Type type) {
    return new Field(name, type, null, Presence.BY_CLASS, false);
  }

  static Field required(String name, Type type) {
    return new Field(name, type, null, Presence.REQUIRED, false);
  }

  /** This field, as one that counts layers. */
  Field countingLayers() {
    return new Field(name, type, absent, presence, true);
  }
}
