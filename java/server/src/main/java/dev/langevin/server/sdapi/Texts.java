package dev.langevin.server.sdapi;

/** Strangers' words in our sentences. */
final class Texts {

  private static final int MOST = 80;

  private Texts() {}

  /** In quotes, without line ends, cut where it is long. */
  static String shortened(String text) {
    String line = text.replaceAll("[\\p{Cntrl}]", " ");
    return "'" + (line.length() <= MOST ? line : line.substring(0, MOST) + "...") + "'";
  }
}
