package dev.langevin.hub;

/** Hears how a fetch goes, on the thread that fetches. */
public interface FetchListener {

  /** One that hears nothing. */
  FetchListener NONE = new FetchListener() {};

  /** The files are known, and the transfer begins. */
  default void started(HubModel model) {}

  /**
   * More of the files is here.
   *
   * @param bytes of those to be fetched that are here; fewer than before where a file has to be begun anew
   */
  default void progressed(long bytes) {}

  /** Something that takes time, or went wrong and is tried again, in a sentence. */
  default void note(String text) {}
}
