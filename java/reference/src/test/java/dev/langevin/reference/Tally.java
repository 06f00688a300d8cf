package dev.langevin.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** What became of a group of cases. */
final class Tally {

  private int passed;
  private int skipped;
  private final TreeSet<String> unsupported = new TreeSet<>();
  private final List<String> failures = new ArrayList<>();

  void passed() {
    passed++;
  }

  void skipped(ReferenceCase reference) {
    skipped++;
    unsupported.add(reference.className().isEmpty() ? reference.family() : reference.className());
  }

  void failed(ReferenceCase reference, Throwable fault) {
    failures.add("FAILED " + reference.name() + ": " + (fault instanceof AssertionError ? fault.getMessage() : fault));
  }

  List<String> failures() {
    return failures;
  }

  boolean any() {
    return passed + skipped + failures.size() > 0;
  }

  @Override
  public String toString() {
    String reason = " (not supported on this backend yet: " + String.join(", ", unsupported) + ")";
    return "passed=" + passed + " failed=" + failures.size() + " skipped=" + skipped + (skipped > 0 ? reason : "");
  }
}
