package dev.langevin.cli;

import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "serve", header = "Serves pictures over HTTP, with a page for people.",
    footer = {"langevin serve", "langevin serve --models models --max-memory 12g"}, mixinStandardHelpOptions = true,
    description = "Answers the requests of OpenAI's, AUTOMATIC1111's and Ollama's clients until it is interrupted.")
final class Serve implements Callable<Integer> {

  @Mixin
  private ServeOptions options = new ServeOptions();

  @Override
  public Integer call() throws Exception {
    ServeProgram program = ServiceLoader.load(ServeProgram.class).findFirst().orElseThrow(
        () -> new IllegalArgumentException("the server is not in this jar; start it by the script, ./langevin serve, or"
            + " with java -jar java/server/target/langevin-server.jar serve"));
    return program.serve(options);
  }
}
