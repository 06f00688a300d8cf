package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Closing;
import dev.langevin.backend.Memory;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import dev.langevin.plan.Planner;
import dev.langevin.plan.Planning;
import dev.langevin.plan.WeightCache;
import dev.langevin.tensor.TensorSource;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A network of a model with its plans of several sizes, and of weights with several updates. Weights that these pack
 * alike lie once. The plan that was used last is kept for the next request; others of the same updates, which nobody
 * leases, are while all take no more than 32 MiB and there is no limit: with those weights a larger one is made anew in
 * a small part of a step. Those of other updates are kept while they are few and all take no more than is comfortable.
 * Of a network that must give way, none is.
 *
 * <p>
 * Used on the backend's thread only. The weights are the caller's and must live as long.
 */
public final class Network implements AutoCloseable {

  /** A share of the machine's memory that a network may take without being asked: others live there too. */
  public static final long COMFORTABLE =
      ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize()
          / 2;

  /** Sizes of plans that are remembered: they are asked for by each request where memory has a limit. */
  private static final int SIZES = 64;

  /** Bytes that plans of several sizes may take without a look at their share: making them anew takes longer. */
  private static final long SMALL = 32 << 20;

  private final String name;
  private final Backend backend;
  private final Planner planner;
  private final TensorSource weights;
  private final List<Kept> kept = new CopyOnWriteArrayList<>(); // the latest used last
  private final Map<Key, PlanSize> sizes = new ConcurrentHashMap<>();
  private Coming coming; // or null
  private int mostUpdates = 1;
  private int expecting;
  private boolean thrifty;
  private boolean watched;

  /** A plan on its way. */
  private record Coming(Key key, Planning planning, AutoCloseable weights, PlanEvent event) implements AutoCloseable {

    @Override
    public void close() {
      Closing.all(List.of(weights, planning));
    }
  }

  /**
   * What a plan is made for.
   *
   * @param updates what is told of by {@link Updates#key}, or "" for none
   */
  private record Key(Object shape, long preferredBytes, Object updates) {}

  /** A plan and the lease whose inputs lie in it. */
  static final class Kept {
    final Key key;
    final Plan plan;
    Lease within;
    Lease holder; // between the slices of a pass; guarded by this
    int leases;

    Kept(Key key, Plan plan) {
      this.key = key;
      this.plan = plan;
    }
  }

  /**
   * A network without plans yet: they are made when they are leased.
   *
   * @param name in events and plans of requests
   * @param cache of packed weights, or null
   * @throws dev.langevin.plan.PlanException where the backend has no such precision on this machine
   */
  public Network(String name, Backend backend, Precision precision, WeightCache cache, TensorSource weights) {
    this.name = name;
    this.backend = backend;
    this.planner = new Planner(backend, precision, cache);
    this.weights = weights;
  }

  /** What messages and events call it, such as {@code unet}. */
  public String name() {
    return name;
  }

  /** Keeps no plan beside the one that is used, as there is a limit of memory. */
  public Network thrifty() {
    thrifty = true;
    return this;
  }

  /** Keeps so many sets of updates for later requests, beside the network without. */
  public Network updated(int most) {
    mostUpdates = most;
    return this;
  }

  /** Has plans that are leased from now on look at every op's result, or no more: see {@link Plan#watch}. */
  void watch(boolean every) {
    watched = every;
  }

  /**
   * What a plan takes. Any thread may ask.
   *
   * @param need of this network
   */
  public PlanSize size(Need need, long preferredBytes) {
    Key key = key(need, preferredBytes);
    PlanSize known = sizes.get(key);
    if (known == null) { // found out without a lock: that may wait for the backend's thread, which may ask too
      known = planner.size(need.graph().get(), preferredBytes, need.updatedTensors());
      if (sizes.size() >= SIZES) {
        sizes.clear();
      }
      sizes.put(key, known);
    }
    return known;
  }

  /** Whether a device has no room for another plan beside those that are there. */
  private boolean full(Need need, long preferredBytes) {
    Memory memory = backend.memory();
    return memory.limit() != Long.MAX_VALUE
        && memory.limit() - memory.used() < size(need, preferredBytes).bytes();
  }

  /**
   * A plan for one run, until the lease is closed.
   *
   * @param need of this network
   * @param preferredBytes as of {@link Planner#beside}
   */
  public Lease lease(Need need, long preferredBytes) {
    while (advance(need, preferredBytes)) {}
    Kept found = find(key(need, preferredBytes));
    kept.remove(found);
    kept.add(found);
    found.plan.watch(watched);
    trim(found);
    return new Lease(backend, found);
  }

  /** {@link #lease} for what is done at once. */
  public <T> T use(Need need, Function<Plan, T> work) {
    try (Lease lease = lease(need, Long.MAX_VALUE)) {
      lease.enter();
      return work.apply(lease.plan());
    }
  }

  /**
   * Goes on towards the plan that {@link #lease} will give, by one op or weight. Runs that need a plan of this network
   * go on with the one that is on its way, whoever began it, since the weights that it packs are theirs too.
   *
   * @return whether there is more to do
   */
  boolean advance(Need need, long preferredBytes) {
    Key key = key(need, preferredBytes);
    if (find(key) != null) {
      return false;
    }
    kept.stream().filter(each -> each.plan.broken() && each.leases == 0).forEach(this::drop);
    Coming on = coming == null ? begin(need, key) : coming;
    coming = null; // unless it comes no further
    try {
      if (on.planning.advance()) {
        coming = on;
        return true;
      }
    } catch (RuntimeException e) {
      Closing.after(e, List.of(on));
      if (on.key.equals(key)) {
        throw e;
      }
      return true; // other updates' files are no fault of this request
    } catch (Throwable e) {
      Closing.after(e, List.of(on));
      throw e;
    }
    Plan made = on.planning.plan();
    on.close();
    Kept added = new Kept(on.key, made);
    kept.add(added);
    trim(added);
    if (on.event != null) {
      on.event.network = name;
      on.event.operations = made.ops().size();
      on.event.bytes = made.peakBytes();
      on.event.commit();
    }
    return !key.equals(on.key);
  }

  private Coming begin(Need need, Key key) {
    Updates.Weights updated = need.updates() == null ? null : need.updates().weights().get();
    try {
      Planning planning = planner.begin(
          kept.stream().map(each -> each.plan).filter(each -> !each.broken()).toList(), need.graph().get(),
          updated == null ? weights : updated, need.updatedTensors(), key.preferredBytes, () -> {
            if (thrifty || full(need, key.preferredBytes)) {
              release();
            }
          });
      return new Coming(key, planning, updated == null ? () -> {} : updated, Recorded.begin(PlanEvent::new));
    } catch (Throwable e) {
      Closing.after(e, updated == null ? List.of() : List.of(updated));
      throw e;
    }
  }

  /** Whether the plan is there. Any thread may ask. */
  boolean has(Need need, long preferredBytes) {
    return find(key(need, preferredBytes)) != null;
  }

  private static Key key(Need need, long preferredBytes) {
    return new Key(need.shape(), preferredBytes, need.updates() == null ? "" : need.updates().key());
  }

  private Kept find(Key key) {
    return kept.stream().filter(each -> each.key.equals(key) && !each.plan.broken()).findFirst().orElse(null);
  }

  private void trim(Kept used) {
    if (kept.size() == 1) {
      return;
    }
    for (Kept oldest : kept) {
      if (oldest.leases == 0 && oldest != used && givesWay(oldest)) {
        drop(oldest);
      }
    }
  }

  private boolean givesWay(Kept oldest) {
    List<Kept> alike = kept.stream().filter(each -> each.key.updates.equals(oldest.key.updates)).toList();
    if (bytes(alike) > allowed(alike)) {
      return true;
    }
    long sets = kept.stream().map(each -> each.key.updates).filter(updates -> !updates.equals("")).distinct().count();
    return alike.size() < kept.size()
        && (thrifty || !oldest.key.updates.equals("") && sets > mostUpdates
            || bytes(kept) > Math.max(COMFORTABLE, allowed(kept)));
  }

  private long allowed(List<Kept> plans) {
    long largest = plans.stream().mapToLong(each -> each.plan.peakBytes()).max().orElse(0);
    return Math.max(largest, thrifty ? 0 : SMALL);
  }

  private static long bytes(List<Kept> plans) {
    return PlanSize.together(plans.stream().map(each -> each.plan).toList());
  }

  /** What is decided for each op of a plan, in order of execution. */
  public List<PlannedOp> operations(Graph graph, long preferredBytes) {
    try (Plan plan = planner.beside(List.of(), graph, weights, preferredBytes, () -> {})) {
      return plan.ops();
    }
  }

  /** What all plans hold together. */
  public long bytes() {
    return bytes(kept);
  }

  /** Frees the plans that nobody leases. They are made anew when they are asked for. */
  public void release() {
    for (Kept free : kept) {
      if (free.leases == 0) {
        drop(free);
      }
    }
  }

  private void drop(Kept free) {
    kept.remove(free);
    free.plan.close();
  }

  /** One more run, or one less, goes on with a plan that is on its way. The last gives it up. */
  void expected(int runs) {
    expecting += runs;
    if (expecting == 0) {
      abandon();
    }
  }

  private void abandon() {
    if (coming != null) {
      coming.close();
      coming = null;
    }
  }

  @Override
  public void close() {
    abandon();
    kept.forEach(each -> each.plan.close());
    kept.clear();
  }
}
