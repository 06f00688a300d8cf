package dev.langevin.server;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/**
 * Answers requests that cannot be read at all, and so reach no path, in the shape of the others' errors. A first line
 * without a version, which Jetty answers with 505, is the client's fault, too. Thread-safe.
 */
final class UnreadableRequests extends ErrorHandler {

  @Override
  protected void generateResponse(Request request, Response response, int code, String message, Throwable cause,
      Callback callback) {
    int status = code == HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 ? Fault.BAD_REQUEST : code;
    Fault fault = status < Fault.INTERNAL
        ? new Fault(status, "malformed_request", "the request cannot be read: " + message)
        : new Fault(status, "server_error", "the server failed; its log says why");
    Routes routes = AllRoutes.of(request.getHttpURI().getCanonicalPath());
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    Content.Sink.write(response, true, String.valueOf(routes == null ? Faults.openAi(fault) : routes.body(fault)),
        callback);
  }
}
