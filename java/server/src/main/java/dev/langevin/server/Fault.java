package dev.langevin.server;

import dev.langevin.request.DeadlineException;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.request.RejectedException;
import dev.langevin.image.ImageFileException;
import dev.langevin.policy.RefusedException;
import dev.langevin.weights.WeightsException;
import java.util.concurrent.CancellationException;

/** Why a request is not answered with what it asked for; each interface writes it in its own shape. */
public final class Fault extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The request is not understood, or asks for what is not allowed. */
  public static final int BAD_REQUEST = 400;
  /** A key is missing or wrong. */
  public static final int UNAUTHORIZED = 401;
  /** The operator has not allowed it. */
  public static final int FORBIDDEN = 403;
  /** There is no such path, model or job. */
  public static final int NOT_FOUND = 404;
  /** The body is above the operator's limit. */
  public static final int TOO_LARGE = 413;
  /** There is no room in the queue, or the client has asked too often. */
  public static final int TOO_MANY = 429;
  /** The client has gone; nobody reads this. */
  public static final int CLIENT_GONE = 499;
  /** The server's fault; its log says why. */
  public static final int INTERNAL = 500;
  /** The server is ending, or not ready. */
  public static final int UNAVAILABLE = 503;
  /** The request's time has passed. */
  public static final int TOO_LATE = 504;

  private final int status;
  private final String code;
  private final String param;
  private final int retryAfter;

  private Fault(int status, String code, String param, int retryAfter, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfter = retryAfter;
  }

  /**
   * A fault that is no single field's.
   *
   * @param status HTTP's, such as {@link #NOT_FOUND}
   * @param code short, for programs, such as {@code model_not_found}; or null
   */
  public Fault(int status, String code, String message) {
    this(status, code, null, 0, message, null);
  }

  /** A field of the request that is not understood. */
  public static Fault of(String param, String message) {
    return new Fault(BAD_REQUEST, "invalid_value", param, 0, message, null);
  }

  /** @param retryAfter seconds */
  static Fault busy(String message, int retryAfter) {
    return new Fault(TOO_MANY, "rate_limit_exceeded", null, Math.max(1, retryAfter), message, null);
  }

  /** The server takes no more, or has stopped what it took. */
  static Fault ending(String message) {
    return new Fault(UNAVAILABLE, "shutting_down", message);
  }

  /** What an exception of the engine's, or of a request's reading, means to a client. */
  public static Fault of(Throwable thrown) {
    return switch (thrown) {
      case Fault fault -> fault;
      case MemoryLimitException e -> new Fault(BAD_REQUEST, "memory_limit", null, 0, e.getMessage(), e);
      case RefusedException e -> new Fault(BAD_REQUEST, "invalid_value", null, 0, e.getMessage(), e);
      case ImageFileException e -> new Fault(BAD_REQUEST, "invalid_image", null, 0, e.getMessage(), e);
      case DeadlineException e -> new Fault(TOO_LATE, "deadline_exceeded", null, 0, e.getMessage(), e);
      case RejectedException e -> new Fault(TOO_MANY, "rate_limit_exceeded", null, 1, e.getMessage(), e);
      case CancellationException e -> new Fault(CLIENT_GONE, "cancelled", null, 0, "the request was cancelled", e);
      case WeightsException e -> new Fault(INTERNAL, "model_unreadable", null, 0,
          "the model or what was asked for beside it cannot be read; the server's log says why", e);
      case IllegalArgumentException e -> new Fault(BAD_REQUEST, "invalid_value", null, 0, e.getMessage(), e);
      default -> new Fault(INTERNAL, "server_error", null, 0,
          "the server failed; its log says why", thrown);
    };
  }

  /** HTTP's status of the answer. */
  public int status() {
    return status;
  }

  /** Short, for programs; or null. */
  public String code() {
    return code;
  }

  /** The field at fault, or null. */
  public String param() {
    return param;
  }

  /** Seconds after which it may be tried again; 0 where nothing is known. */
  public int retryAfter() {
    return retryAfter;
  }
}
