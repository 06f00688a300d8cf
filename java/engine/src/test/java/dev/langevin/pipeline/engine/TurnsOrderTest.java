package dev.langevin.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is given a turn, and how often threads are woken for it. Nothing here depends on how fast anything is. */
@Timeout(60)
class TurnsOrderTest {

  private final CountedBackend counted = new CountedBackend();
  private final Turns turns = new Turns();
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch goOn = new CountDownLatch(1);

  @AfterEach
  void close() {
    goOn.countDown();
    counted.close();
  }

  private Ticket arrive(CancellationToken token, long expected) {
    Ticket ticket = turns.arrive(token);
    turns.expect(ticket, () -> expected);
    return ticket;
  }

  private <T> CompletableFuture<T> take(Ticket ticket, boolean returns, Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform().start(() -> {
      try {
        result.complete(turns.take(counted.backend, ticket, returns, work));
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  /** A turn that computes until {@link #goOn}. */
  private CompletableFuture<?> busy(boolean returns) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<?> busy = take(arrive(new CancellationToken(), 1), returns, () -> {
      begun.countDown();
      goOn.await();
      return null;
    });
    begun.await();
    return busy;
  }

  private void awaitWaiting(int count) throws InterruptedException {
    while (turns.waiting() != count) {
      Thread.sleep(1);
    }
  }

  /** Catches turns for which a thread is woken that has none, and another order than that of the work that is left. */
  @Test
  void shouldGoFromTurnToTurnOnTheBackendsThread() throws Exception {
    CompletableFuture<?> busy = busy(false);
    List<CompletableFuture<?>> all = new ArrayList<>();
    long hour = 3_600_000_000_000L; // so that nobody starves meanwhile
    for (int hours : new int[] {30, 10, 20, 10}) {
      String name = hours + "/" + all.size();
      all.add(take(arrive(new CancellationToken(), hours * hour), false, () -> order.add(name)));
      awaitWaiting(all.size());
    }
    goOn.countDown();
    busy.join();
    all.forEach(CompletableFuture::join);
    assertThat(order).containsExactly("10/1", "10/3", "20/2", "30/0");
    assertThat(counted.atOnce).as("work handed to the backend's thread, once for each turn").hasValue(5);
    assertThat(counted.later).hasValue(0);
    assertThat(counted.calls).hasValue(0);
  }

  /** Catches equal runs of which one that waits long overtakes the one that computes: both end later on average. */
  @Test
  void shouldNotOvertakeAnEqualRunThatCameEarlier() throws Exception {
    Ticket first = arrive(new CancellationToken(), 1_000_000);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Boolean> computing = take(first, false, () -> {
      begun.countDown();
      goOn.await();
      return turns.othersFirst(first);
    });
    begun.await();
    CompletableFuture<?> second = take(arrive(new CancellationToken(), 1_000_000), false, () -> null);
    awaitWaiting(1);
    Thread.sleep(20); // which is far more than four times a millisecond
    goOn.countDown();
    assertThat(computing.join()).isFalse();
    second.join();
  }

  /** Catches a run that starves since shorter ones come again and again. */
  @Test
  void shouldNotLetLaterRunsOvertakeWhoHasWaitedLong() throws Exception {
    CompletableFuture<?> busy = busy(false);
    CompletableFuture<?> starving =
        take(arrive(new CancellationToken(), 1_000_000), false, () -> order.add("starving"));
    awaitWaiting(1);
    CompletableFuture<?> shorter = take(arrive(new CancellationToken(), 1000), false, () -> order.add("shorter"));
    awaitWaiting(2);
    Thread.sleep(20);
    goOn.countDown();
    CompletableFuture.allOf(busy, starving, shorter).join();
    assertThat(order).containsExactly("starving", "shorter");
  }

  /** Catches a turn that is kept for ever for a run that does not come back. */
  @Test
  void shouldKeepATurnForAMomentOnly() throws Exception {
    CompletableFuture<?> busy = busy(true);
    CompletableFuture<Boolean> other = take(arrive(new CancellationToken(), Long.MAX_VALUE / 8), false,
        () -> order.add("other"));
    awaitWaiting(1);
    goOn.countDown();
    busy.join();
    assertThat(other.join()).isTrue();
    assertThat(counted.later.get()).as("looks at the time for which the turn was kept").isLessThanOrEqualTo(1);
  }

  /** Catches what is called off while it waits and computes all the same, or keeps those behind it waiting. */
  @Test
  void shouldGiveUpWaitingAndLeaveOthersTheirPlace() throws Exception {
    CompletableFuture<?> busy = busy(false);
    CancellationToken token = new CancellationToken();
    CompletableFuture<?> cancelled = take(arrive(token, 1), false, () -> order.add("cancelled"));
    CompletableFuture<?> late =
        take(arrive(CancellationToken.within(Duration.ofMillis(20)), 1), false, () -> order.add("late"));
    CompletableFuture<?> other = take(arrive(new CancellationToken(), 2), false, () -> order.add("other"));
    token.cancel();
    assertThatThrownBy(cancelled::join).hasCauseInstanceOf(CancellationException.class);
    assertThatThrownBy(late::join).isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(DeadlineException.class);
    awaitWaiting(1);
    goOn.countDown();
    busy.join();
    other.join();
    assertThat(order).containsExactly("other");
  }

  /** Catches an interrupt that reaches another's work, and memory that is freed under work that goes on. */
  @Test
  void shouldPassAnInterruptToItsOwnTurnAndWait() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    Ticket ticket = arrive(new CancellationToken(), 1);
    Thread thread = Thread.ofPlatform().start(() -> {
      order.add(turns.take(counted.backend, ticket, false, () -> {
        begun.countDown();
        try {
          Thread.sleep(60_000);
          return "slept";
        } catch (InterruptedException e) {
          return "interrupted";
        }
      }));
      interrupted.set(Thread.currentThread().isInterrupted());
    });
    begun.await();
    CompletableFuture<Boolean> next = take(arrive(new CancellationToken(), 1), false, Thread::interrupted);
    awaitWaiting(1);
    thread.interrupt();
    thread.join();
    assertThat(order).containsExactly("interrupted");
    assertThat(interrupted).isTrue();
    assertThat(next.join()).isFalse();
  }

  /** Catches what is lost of a failure, and a failure that ends the turns after it. */
  @Test
  void shouldTellWhatAnEndedTurnThrew() throws Exception {
    CompletableFuture<?> failed = take(arrive(new CancellationToken(), 1), true, () -> {
      throw new StackOverflowError("deep");
    });
    assertThatThrownBy(failed::join).hasCauseInstanceOf(StackOverflowError.class);
    assertThat(take(arrive(new CancellationToken(), 1), false, () -> 5).join()).isEqualTo(5);
  }
}
