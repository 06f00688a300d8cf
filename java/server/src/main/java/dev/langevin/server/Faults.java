package dev.langevin.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.eclipse.jetty.http.HttpException;

/** Writes faults as answers. */
public final class Faults {

  private static final Logger LOG = System.getLogger("dev.langevin.server");

  private Faults() {}

  /** {@code {"error": {"message", "type", "param", "code"}}}. */
  public static JsonNode openAi(Fault fault) {
    ObjectNode body = ServerContext.JSON.createObjectNode();
    ObjectNode error = body.putObject("error");
    error.put("message", fault.getMessage());
    error.put("type", type(fault.status()));
    error.put("param", fault.param());
    error.put("code", fault.code());
    return body;
  }

  private static String type(int status) {
    return switch (status) {
      case Fault.UNAUTHORIZED -> "authentication_error";
      case Fault.FORBIDDEN -> "permission_error";
      case Fault.TOO_MANY -> "rate_limit_error";
      default -> status >= Fault.INTERNAL ? "server_error" : "invalid_request_error";
    };
  }

  /** Answers a request with a fault, in the shape of the interface whose path it has. */
  static void answer(Context context, Throwable thrown) {
    Fault fault = understood(thrown);
    if (fault.status() >= Fault.INTERNAL && fault.status() != Fault.UNAVAILABLE && fault.status() != Fault.TOO_LATE) {
      LOG.log(Level.ERROR, context.method() + " " + context.path() + " failed", thrown);
    }
    Routes routes = AllRoutes.of(context.path());
    context.status(fault.status());
    if (fault.retryAfter() > 0) {
      context.header("Retry-After", String.valueOf(fault.retryAfter()));
    }
    if (fault.status() == Fault.UNAUTHORIZED) {
      context.header("WWW-Authenticate", routes != null && routes.takesBasic() ? "Basic realm=\"langevin\"" : "Bearer");
    }
    context.contentType("application/json").result(
        String.valueOf(routes == null ? openAi(fault) : routes.body(fault)));
  }

  /** What Javalin or Jetty refuse themselves, such as a form that is cut off, has a status of theirs. */
  private static Fault understood(Throwable thrown) {
    if (thrown instanceof HttpResponseException refused) {
      return new Fault(refused.getStatus(), null, refused.getMessage());
    }
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof HttpException refused && refused.getCode() < Fault.INTERNAL) {
        return new Fault(refused.getCode(), "malformed_request", "the request cannot be read: " + refused.getReason());
      }
    }
    return Fault.of(thrown);
  }
}
