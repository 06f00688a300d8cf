package dev.langevin.server;

import dev.langevin.cli.ServeOptions;
import dev.langevin.cli.ServeProgram;
import java.util.concurrent.CountDownLatch;

/** What {@code langevin serve} runs. */
public final class ServerProgram implements ServeProgram {

  /** Made by the service loader. */
  public ServerProgram() {}

  @Override
  public int serve(ServeOptions options) throws Exception {
    Server server = Server.start(options);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "langevin-drain"));
    System.out.println("langevin serves " + server.context().models().list().stream().map(ServedModel::name).toList()
        + " at http://" + (options.host.contains(":") ? "[" + options.host + "]" : options.host) + ":" + server.port()
        + "; Ctrl-C ends it");
    new CountDownLatch(1).await(); // until a signal, whose hook drains
    return 0;
  }
}
