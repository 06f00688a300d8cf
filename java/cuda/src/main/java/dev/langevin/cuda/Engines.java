package dev.langevin.cuda;

import dev.langevin.backend.Closing;
import dev.langevin.backend.DeviceLostException;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.NativeException;
import dev.langevin.cuda.KeptEngines.Entry;
import dev.langevin.graph.Node;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which of the libraries' engines serves which graph in a session. A graph that is met for the first time is tried on
 * drawn numbers: of each library's first engines whose results are those of the simple kernel, the fastest serves from
 * then on, in later processes too ({@link KeptEngines}). One that differs by more than its arithmetic's rounding is
 * dropped; the log and {@link #report} name it. Calls take turns by the session's monitor; engines live as long as
 * this.
 */
final class Engines implements AutoCloseable {

  private static final Logger LOG = System.getLogger("dev.langevin.cuda");

  /** How many engines of a graph are timed, of each library's that compute what they should. */
  private static final int TIMED = Integer.getInteger("langevin.cuda.engines", 1);

  /** @param engine null where the simple kernel serves */
  private record Choice(Engine engine, String found) {}

  private final Session session;
  private final List<? extends EngineLibrary> libraries;
  private final KeptEngines kept;
  private final int timed;
  private final Map<String, Choice> choices = new HashMap<>();
  private final List<String> dropped = new ArrayList<>();

  /** The libraries are closed with this. */
  Engines(Session session, List<? extends EngineLibrary> libraries, KeptEngines kept) {
    this(session, libraries, kept, TIMED);
  }

  /** Those of one library. */
  Engines(Session session, EngineLibrary library, KeptEngines kept, int timed) {
    this(session, List.of(library), kept, timed);
  }

  /** @param timed how many engines of a library's that compute what they should are timed for each graph */
  Engines(Session session, List<? extends EngineLibrary> libraries, KeptEngines kept, int timed) {
    this.session = session;
    this.libraries = List.copyOf(libraries);
    this.kept = kept;
    this.timed = timed;
  }

  /**
   * The engine for a node's graph, which stays this object's; null where the simple kernel serves.
   *
   * @throws DeviceLostException if the device fails while one is tried: that graph has the simple kernel from then on
   */
  Engine choose(Node node, LayerGraph graph) {
    synchronized (session) {
      String key = joined("; ", EngineLibrary::identity) + "; best of " + timed + "; " + graph;
      Choice choice = choices.get(key);
      if (choice == null) {
        Entry entry = kept.read(key);
        choice = entry == null ? null : again(graph, entry);
      }
      if (choice == null) {
        choice = tried(node, graph, key);
      }
      if (choice == null) {
        return null;
      }
      choices.put(key, choice);
      return choice.engine;
    }
  }

  /** What another process found; null where no library takes it any more. */
  private Choice again(LayerGraph graph, Entry entry) {
    if (entry.engine().isEmpty()) {
      return new Choice(null, entry.found());
    }
    for (EngineLibrary library : libraries) {
      try {
        return new Choice(library.read(graph, entry.engine()), entry.found());
      } catch (NativeException e) {
        // another's, or none any more
      }
    }
    return null;
  }

  /** Finds out; null where that must wait for a time with more memory. */
  private Choice tried(Node node, LayerGraph graph, String key) {
    Best best = new Best(node, key);
    Trial trial = null;
    try {
      for (EngineLibrary library : libraries) {
        try (EngineLibrary.Candidates candidates = library.candidates(graph)) {
          int right = 0;
          for (Engine next = candidates.next(); next != null; next = right < timed ? candidates.next() : null) {
            trial = trial == null ? trial(node, graph, next) : trial;
            right += best.take(trial, next) ? 1 : 0;
          }
        } catch (NativeException e) {
          best.refusals.add(e.getMessage());
        }
      }
    } catch (OutOfMemoryError | UnsupportedOpException e) { // nor can the simple kernel be compared with
      best.close();
      return null;
    } finally {
      if (trial != null) {
        trial.close();
      }
    }
    Choice choice = best.choice();
    kept.keep(key, new Entry(choice.found, choice.engine == null ? "" : choice.engine.kept()));
    return choice;
  }

  private Trial trial(Node node, LayerGraph graph, Engine waiting) {
    try {
      return new Trial(session, node, graph);
    } catch (RuntimeException | Error e) {
      waiting.close();
      throw e;
    }
  }

  /** The fastest so far. */
  private final class Best {

    private final Node node;
    private final String key;
    private final List<String> refusals = new ArrayList<>();
    private Engine engine;
    private Trial.Outcome outcome;

    Best(Node node, String key) {
      this.node = node;
      this.key = key;
    }

    /**
     * Keeps the engine, or closes it.
     *
     * @return whether it computes what it should
     */
    boolean take(Trial trial, Engine next) {
      Trial.Outcome now;
      try {
        now = trial.of(next);
      } catch (NativeException e) {
        next.close();
        refuse(next.name() + " of " + node + " failed: " + e.getMessage());
        return false;
      } catch (RuntimeException | Error e) {
        if (e instanceof DeviceLostException) {
          kept.keep(key, new Entry("none: the device failed in " + next.name() + ": " + e.getMessage(), ""));
        }
        next.close();
        close();
        throw e;
      }
      if (!(now.difference() <= trial.bound())) { // nor is not a number
        next.close();
        refuse(String.format(Locale.ROOT, "%s of %s differs by %.1e, %.1e is its bound", next.name(), node,
            now.difference(), trial.bound()));
        return false;
      }
      if (engine != null && outcome.nanoseconds() <= now.nanoseconds()) {
        next.close();
      } else {
        close();
        engine = next;
        outcome = now;
      }
      return true;
    }

    private void refuse(String sentence) {
      LOG.log(Level.WARNING, "an engine is dropped: {0}", sentence);
      refusals.add(sentence);
      dropped.add(sentence);
    }

    void close() {
      if (engine != null) {
        engine.close();
        engine = null;
      }
    }

    Choice choice() {
      if (engine == null) {
        return new Choice(null, "none: "
            + (refusals.isEmpty() ? title() + " have no engine for it" : String.join("; ", refusals)));
      }
      return new Choice(engine, String.format(Locale.ROOT, "%s %s: differs by %.1e, takes %d ns%s", engine.library(),
          engine.name(),
          outcome.difference(), outcome.nanoseconds(),
          refusals.isEmpty() ? "" : "; dropped " + String.join("; ", refusals)));
    }
  }

  /** What serves now and what was dropped, for people. */
  String report() {
    synchronized (session) {
      long served = choices.values().stream().filter(each -> each.engine != null).count();
      return title() + ": engines for " + served + " of " + choices.size() + " kinds of layers"
          + (dropped.isEmpty() ? "" : "; dropped: " + String.join("; ", dropped));
    }
  }

  /** For people, such as {@code cuDNN 9.24.0, cuBLASLt 13.1.1}. */
  String title() {
    return joined(", ", EngineLibrary::title);
  }

  private String joined(String between, Function<EngineLibrary, String> part) {
    return libraries.stream().map(part).collect(Collectors.joining(between));
  }

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(libraries);
    choices.values().stream().map(Choice::engine).filter(Objects::nonNull).forEach(all::add);
    choices.clear();
    Closing.all(all);
  }
}
