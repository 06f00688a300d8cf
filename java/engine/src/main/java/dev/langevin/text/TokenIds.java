package dev.langevin.text;

/**
 * A text as a text encoder reads it: as many tokens as it takes, padded.
 *
 * @param ids with start and end
 * @param length tokens before the padding, start and end included
 * @param cut what did not fit, or empty
 */
public record TokenIds(long[] ids, int length, String cut) {}
