package dev.langevin.image;

import dev.langevin.policy.Findings;
import dev.langevin.policy.RefusedException;
import java.io.IOException;
import java.nio.file.Path;

/** What is found while one picture's file is read: told of to whoever asked, or refused. */
final class Reading {

  private final Path file;
  private final Findings findings;
  private boolean damaged;

  /** @param findings decides about damage and other frames; null refuses the first and reads the first of the second */
  Reading(Path file, Findings findings) {
    this.file = file;
    this.findings = findings;
  }

  /**
   * The picture lacks a part or has a wrong one. Said once: readers say more than one thing of a cut file.
   *
   * @throws IOException unless what is there is to be read
   */
  void damaged(String reason) throws IOException {
    if (damaged) {
      return;
    }
    damaged = true;
    if (findings == null) {
      throw new IOException(reason);
    }
    try {
      findings.changes(file + ": " + reason + "; what is there of it is read, the rest stays gray or black");
    } catch (RefusedException e) {
      throw new IOException(reason, e);
    }
  }

  /** Whether damage is put up with. */
  boolean isDamaged() {
    return damaged;
  }

  /** A profile of colours that cannot be used. */
  void withoutProfile(String reason) throws IOException {
    if (findings == null) {
      throw new IOException("has a colour profile that " + reason);
    }
    try {
      findings.changes(file + ": its colour profile " + reason + "; it is read without");
    } catch (RefusedException e) {
      throw new IOException("has a colour profile that " + reason, e);
    }
  }

  /** There is more than one picture; {@code frames} is their number, or 0 where that is not known. */
  void animated(int frames) {
    if (findings != null) {
      findings.leftover(
          file + ": is an animation" + (frames > 0 ? " of " + frames + " pictures" : "") + ", the first one is read");
    }
  }
}
