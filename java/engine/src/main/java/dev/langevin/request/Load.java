package dev.langevin.request;

/**
 * How busy a model is.
 *
 * @param running requests that were accepted and have not ended, those that wait for a turn included
 * @param waiting those that wait for a turn, or for memory, now; of all models on the backend
 * @param done requests that gave pictures
 * @param rejected requests that came when too many waited
 * @param missed requests whose time passed
 * @param waited nanoseconds that ended requests have waited for their turns, in all
 */
public record Load(int running, int waiting, long done, long rejected, long missed, long waited) {}
