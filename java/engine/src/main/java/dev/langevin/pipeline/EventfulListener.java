package dev.langevin.pipeline;

import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.ReverseProcess.StepListener;

/** Records an event for each step before it tells another listener. */
final class EventfulListener implements StepListener {

  private final int samples;
  private final StepListener next;
  private StepEvent event; // or null where nothing is recorded

  EventfulListener(int samples, StepListener next) {
    this.samples = samples;
    this.next = next;
    begin();
  }

  private void begin() {
    event = Recorded.begin(StepEvent::new);
  }

  @Override
  public boolean stepped(int done, int calls, ReverseProcess.Preview preview) {
    if (event != null) {
      event.end(); // before the listener's time
      event.step = done;
      event.total = calls;
      event.samples = samples;
      event.commit();
    }
    boolean goesOn = next.stepped(done, calls, preview);
    begin();
    return goesOn;
  }
}
