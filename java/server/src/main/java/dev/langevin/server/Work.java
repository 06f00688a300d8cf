package dev.langevin.server;

/**
 * What makes a job's result.
 *
 * @param <T> of the result
 */
@FunctionalInterface
public interface Work<T> {

  /** On the job's thread, in its turn. */
  T make(Session session) throws Exception;
}
