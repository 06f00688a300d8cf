package dev.langevin.examples;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/** Tells of each step, and stops half-way: {@code ProgressAndCancel MODEL PROMPT}. */
public final class ProgressAndCancel {

  private static final int STEPS = 20;

  private ProgressAndCancel() {}

  public static void main(String... arguments) {
    CancellationToken token = CancellationToken.within(Duration.ofMinutes(10)); // a deadline; any thread may cancel it
    GenerationListener listener = (step, total, preview) -> {
      System.out.println("step " + step + " of " + total + ", " + preview.part() + " " + preview.latents().shape());
      if (step == total / 2) {
        token.cancel();
      }
      return true; // false cancels, too
    };
    try (Pipeline model = Pipelines.open(Path.of(arguments[0]))) {
      GenerationRequest request = GenerationRequest.prompt(arguments[1]).steps(STEPS).build();
      System.out.println("it takes " + model.plan(request).peakBytes() + " bytes");
      try {
        model.generate(request, listener, token);
      } catch (CancellationException e) {
        System.out.println("cancelled: " + e.getMessage());
      }
    }
  }
}
