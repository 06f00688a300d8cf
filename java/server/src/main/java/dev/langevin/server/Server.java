package dev.langevin.server;

import dev.langevin.cli.ServeOptions;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.compression.CompressionStrategy;
import io.javalin.json.JavalinJackson;
import io.javalin.router.Endpoint;
import io.javalin.util.JavalinException;
import io.javalin.http.Context;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;

/** Pictures over HTTP, from {@link #start} to {@link #close}. */
public final class Server implements AutoCloseable {

  private static final Logger LOG = System.getLogger("dev.langevin.server");

  /** For which answers may be read when the server ends, at least. */
  private static final long READING_MILLIS = 1000;

  /** What they tell of their starts is of no use to an operator. */
  private static final List<java.util.logging.Logger> QUIET =
      List.of(java.util.logging.Logger.getLogger("org.eclipse.jetty"),
          java.util.logging.Logger.getLogger("io.javalin"));

  static {
    QUIET.forEach(logger -> logger.setLevel(java.util.logging.Level.WARNING));
  }

  private final ServerContext context;
  private final Authentication authentication;
  private final RequestLog log;
  private final Metrics metrics = new Metrics();
  private final Javalin javalin;
  private boolean closed;

  private Server(ServeOptions options, String keys) {
    authentication = new Authentication(options, keys);
    ModelPool models = new ModelPool(options, warning -> LOG.log(Level.WARNING, warning));
    context = new ServerContext(options, models, new RequestQueue(options, models), new Loras(options.loraDir),
        new Clients(), new Kept<>(options.keepSeconds, options.keepBytes()));
    log = new RequestLog(System.err, options.logPrompts);
    context.queue().watch(log);
    javalin = Javalin.create(this::configure);
  }

  /**
   * Starts a server that the caller closes.
   *
   * @throws IllegalArgumentException if an option cannot be honoured
   */
  public static Server start(ServeOptions options) {
    return start(options, System.getenv(Authentication.VARIABLE));
  }

  /** @param keys parted by commas, beside those of the options' file; or null */
  static Server start(ServeOptions options, String keys) {
    Server server = new Server(options, keys);
    server.javalin.start();
    return server;
  }

  private void configure(JavalinConfig config) {
    ServeOptions options = context.options();
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.concurrency.useVirtualThreads = true;
    config.http.maxRequestSize = options.maxBody();
    config.http.asyncTimeout = 0;
    config.http.compressionStrategy = CompressionStrategy.NONE; // pictures are as small as they get
    config.jsonMapper(new JavalinJackson(ServerContext.JSON, true));
    config.jetty.multipartConfig.maxFileSize(options.maxBody(), SizeUnit.BYTES);
    config.jetty.multipartConfig.maxTotalRequestSize(options.maxBody(), SizeUnit.BYTES);
    config.jetty.multipartConfig.maxInMemoryFileSize((int) Math.min(Integer.MAX_VALUE, options.maxBody()),
        SizeUnit.BYTES);
    config.jetty.modifyHttpConfiguration(http -> {
      http.setSendServerVersion(false);
      http.setSendDateHeader(false);
    });
    config.jetty.addConnector(this::connector);
    config.jetty.modifyServer(jetty -> jetty.setErrorHandler(new UnreadableRequests()));
    config.requestLogger.http(log::answered);
    config.routes.beforeMatched(this::require);
    if (!options.corsOrigins.isEmpty()) {
      config.routes.before(this::allow);
      config.routes.options("/<path>", request -> request.status(204));
    }
    config.routes.exception(Exception.class, (thrown, request) -> Faults.answer(request, thrown));
    config.routes.error(404, request -> {
      if (request.result() == null) {
        Faults.answer(request, new Fault(Fault.NOT_FOUND, "unknown_url", "there is nothing at this path"));
      }
    });
    Health.register(config.routes, context);
    config.routes.get("/pictures/{name}", this::picture);
    AllRoutes.LIST.forEach(routes -> routes.register(config.routes, context));
    metrics.register(config.routes, context);
  }

  private ServerConnector connector(org.eclipse.jetty.server.Server server, HttpConfiguration http) {
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http)) {
      @Override
      protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
        SocketChannelEndPoint end = new WatchedEndPoint(channel, selector, key, this);
        end.setIdleTimeout(getIdleTimeout());
        return end;
      }
    };
    connector.setHost(context.options().host);
    connector.setPort(context.options().port);
    connector.setShutdownIdleTimeout(READING_MILLIS / 2); // connections that are kept for another request
    return connector;
  }

  /** By a name that nobody guesses, for clients that fetch a picture's URL without a key. */
  private void picture(Context request) {
    byte[] file = context.pictures().get(request.pathParam("name"));
    if (file == null) {
      throw new Fault(Fault.NOT_FOUND, "picture_not_found", "there is no such picture, or no more");
    }
    String name = request.pathParam("name");
    request.contentType("image/" + name.substring(name.lastIndexOf('.') + 1)).header("Cache-Control", "private")
        .header("X-Content-Type-Options", "nosniff").result(file);
  }

  /** Tells a browser that pages of the operator's origins may ask. */
  private void allow(Context request) {
    String origin = request.header("Origin");
    if (origin != null && context.options().corsOrigins.contains(origin)) {
      request.header("Access-Control-Allow-Origin", origin).header("Vary", "Origin")
          .header("Access-Control-Allow-Headers", "Authorization, Content-Type")
          .header("Access-Control-Allow-Methods", "GET, POST, DELETE").header("Access-Control-Max-Age", "600");
    }
  }

  /** By the path that was matched, not by the letters of the request's. */
  private void require(Context request) {
    Endpoint matched = request.endpoints().matchedHttpEndpoint();
    if (matched == null) {
      return; // of the page
    }
    String length = request.header("Content-Length"); // which Jetty has checked to be a number
    if (length != null && Long.parseLong(length.strip()) > context.options().maxBody()) {
      throw new Fault(Fault.TOO_LARGE, "request_too_large",
          "the body has " + length + " bytes, the server takes " + context.options().maxBody());
    }
    Routes routes = matched.path.equals("/metrics") ? metrics : AllRoutes.of(matched.path);
    if (routes != null) {
      authentication.require(request, routes.takesBasic());
    }
  }

  /** The port that it listens at. */
  public int port() {
    return javalin.port();
  }

  ServerContext context() {
    return context;
  }

  /**
   * Accepts no more, lets what was accepted end within the options' time, cancels the rest, lets answers be read for
   * what is left of that time, a second at least, then closes the models. What is still not read then is cut off.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(context.options().drainSeconds);
    context.queue().drain(Duration.ofSeconds(context.options().drainSeconds));
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    // Without a time, Jetty cuts answers off.
    javalin.jettyServer().server().setStopTimeout(Math.max(READING_MILLIS, left));
    try {
      javalin.stop();
    } catch (JavalinException e) {
      if (!(e.getCause() instanceof TimeoutException)) {
        throw e;
      }
      LOG.log(Level.DEBUG, "connections were cut off at the server's end");
    } finally {
      context.clients().close();
      context.models().close();
    }
  }
}
