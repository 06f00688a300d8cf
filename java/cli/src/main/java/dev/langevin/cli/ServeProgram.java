package dev.langevin.cli;

/** What {@code serve} runs: a service, which the server's jar provides and the command line's alone does not. */
public interface ServeProgram {

  /**
   * Serves until the process is told to end.
   *
   * @return the command's exit code
   * @throws Exception if it cannot start; the message says why
   */
  int serve(ServeOptions options) throws Exception;
}
