package dev.langevin.hub;

import java.io.IOException;

/** A model could not be had: one sentence with what, why and what to do. Nothing half of it lies in the cache then. */
public final class HubException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The name, or a setting, is not as it has to be. */
    ARGUMENT,
    /** No server was reached, or it broke off again and again. */
    UNREACHABLE,
    /** It is not in the cache, and the network is not to be asked. */
    OFFLINE,
    /** There is no such model, revision or file; or a private one. */
    MISSING,
    /** Its terms are to be accepted first. */
    GATED,
    /** The token is wrong, or may not read it. */
    FORBIDDEN,
    /** Too many requests. */
    RATE_LIMITED,
    /** The server fails, or answers what the interface does not have. */
    SERVER,
    /** What came is not what the listing promised. */
    CORRUPT,
    /** No room on the disk, or the cache cannot be written. */
    DISK,
    /** None of its files is one that a load needs. */
    UNSUITED
  }

  private final Reason reason;

  HubException(Reason reason, String message) {
    this(reason, message, null);
  }

  HubException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Why, for a program that goes another way then. */
  public Reason reason() {
    return reason;
  }
}
