package dev.langevin.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationListener.Preview;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many turns the steps of a chain take, and what its listener is told. */
@Timeout(60)
class ShortStepsTest {

  private static final int STEPS = 30;

  private final CountedBackend counted = new CountedBackend();
  private final Turns turns = new Turns();
  private final Paces paces = new Paces();
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    counted.close();
  }

  /** A chain whose sample is the number of steps that were made. */
  private class Counting implements Walk {

    private final int previews;
    private final int[] kept = new int[8];
    private int done;

    Counting(int previews) {
      this.previews = previews;
    }

    @Override
    public int calls() {
      return STEPS;
    }

    @Override
    public int done() {
      return done;
    }

    @Override
    public void step() {
      done++;
    }

    @Override
    public Preview preview() {
      return new Shown(new int[] {done}, 0);
    }

    @Override
    public int previews() {
      return previews;
    }

    @Override
    public Preview preview(int slot) {
      assertThat(counted.backend.isCurrentThread()).isTrue();
      kept[slot] = done;
      return new Shown(kept, slot);
    }

    @Override
    public Tensor sample() {
      return Tensor.ofFloats(new float[] {done}, 1);
    }

    @Override
    public void close() {}
  }

  private record Shown(int[] values, int slot) implements Preview {

    @Override
    public String part() {
      return "latents";
    }

    @Override
    public Tensor latents() {
      return Tensor.ofFloats(new float[] {values[slot]}, 1);
    }

    @Override
    public List<BufferedImage> images() {
      return List.of();
    }
  }

  private void walk(Walk walk, GenerationListener listener) {
    CancellationToken token = new CancellationToken();
    Ticket ticket = turns.arrive(token);
    Stage stage = new Stage() {
      @Override
      public String name() {
        return "sample";
      }

      @Override
      public List<Need> needs() {
        return List.of();
      }

      @Override
      public Pace pace() {
        return new Pace("here", 1, STEPS);
      }

      @Override
      public void run(Run run) {
        run.walk(walk, "sample");
      }
    };
    Run run = new Run(GenerationRequest.prompt("a cat").build(), null, listener, token, null, counted.backend, turns,
        paces, ticket, List.of(stage));
    run.enter();
    stage.run(run);
    turns.leave(ticket);
  }

  /** Catches a turn for each of many short steps, and a listener that is shown another step than it is told of. */
  @Test
  void shouldMakeShortStepsTogetherAndTellOfEach() {
    List<Integer> told = new ArrayList<>();
    List<Integer> shown = new ArrayList<>();
    walk(new Counting(8), (step, total, preview) -> {
      told.add(step);
      shown.add((int) preview.latents().toFloats()[0]);
      return true;
    });
    assertThat(told).containsExactlyElementsOf(IntStream.rangeClosed(1, STEPS).boxed().toList());
    assertThat(shown).isEqualTo(told);
    assertThat(counted.atOnce.get()).as("turns").isBetween(4, STEPS / 2); // nine steps each, where nothing disturbs
  }

  /** Catches long steps, and large samples, of which a listener is told later than it could be. */
  @Test
  void shouldTellOfALongStepAtOnce() {
    walk(new Counting(0), (step, total, preview) -> true);
    assertThat(counted.atOnce).as("turns of a sample that is not kept").hasValue(STEPS);
    paces.measured("here", 1, 100_000_000_000L); // and by that far above the limit for all its steps
    walk(new Counting(8), (step, total, preview) -> true);
    assertThat(counted.atOnce).as("with turns of long steps").hasValue(2 * STEPS);
  }

  @Test
  void shouldTakeOneTurnWhereNobodyListens() {
    walk(new Counting(0), GenerationListener.NONE);
    assertThat(counted.atOnce).hasValue(1);
  }

  /** Catches a run that goes on with its short steps while a shorter one waits. */
  @Test
  void shouldStopBetweenShortStepsForWhoIsMoreUrgent() throws Exception {
    Thread[] urgent = new Thread[1];
    walk(new Counting(8) {
      @Override
      public void step() {
        super.step();
        order.add("step " + done());
        if (done() == 2) {
          urgent[0] = Thread.ofPlatform().start(() -> {
            turns.take(counted.backend, turns.arrive(new CancellationToken()), false, () -> order.add("urgent"));
          });
          while (turns.waiting() == 0) {
            Thread.onSpinWait();
          }
        }
      }
    }, (step, total, preview) -> true);
    urgent[0].join();
    assertThat(order.subList(0, 4)).containsExactly("step 1", "step 2", "urgent", "step 3");
  }

  /** Catches steps that are told of after the listener has stopped the request. */
  @Test
  void shouldTellNoMoreAfterItIsStopped() {
    List<Integer> told = new ArrayList<>();
    assertThatThrownBy(() -> walk(new Counting(8), (step, total, preview) -> {
      told.add(step);
      return step < 3;
    })).isInstanceOf(CancellationException.class).hasMessage("the listener stopped the request after 3 of 30 steps");
    assertThat(told).containsExactly(1, 2, 3);
  }
}
