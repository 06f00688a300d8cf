package dev.langevin.cuda;

import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Followable;
import dev.langevin.backend.Memory;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.StepTable;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;
import dev.langevin.diffusion.TransitionKernel;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Guidance, transition and the network's next input in one kernel. What differs from step to step lies in a table on
 * the device: a step is told by its number, so its launches are the same for all, and behind a network that is a plan
 * they are one graph with it.
 */
public final class CudaTransitionKernel implements TransitionKernel {

  /** Holds no state between runs. */
  public CudaTransitionKernel() {}

  @Override
  public String backend() {
    return CudaBackendProvider.NAME;
  }

  @Override
  public Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
    return new TableChain((CudaMemory) memory, trajectory, denoiser, samples, guidance);
  }

  private static final class TableChain implements Chain {

    private final Trajectory trajectory;
    private final Followable.Following joined; // the network and the launches, or null
    private final TransitionLaunches launches;
    private final int calls;
    private boolean pending; // work that was not waited for

    TableChain(CudaMemory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
      this.trajectory = trajectory;
      this.calls = trajectory.timesteps().length;
      boolean doubled = trajectory.transition(trajectory.startIndex()).learnedVariance() != null;
      boolean guided = TransitionKernel.requireFit(denoiser.input(), denoiser.output(), samples, doubled);
      TransitionLaunches.Key key = new TransitionLaunches.Key(denoiser.input(), denoiser.output(), samples, guided,
          doubled, thresholds(), trajectory.registers(), TransitionLaunches.capacity(2 * calls));
      Followable network = denoiser.network();
      joined = network == null ? null : network.followedBy(key, () -> new TransitionLaunches(memory, key));
      launches = joined == null ? new TransitionLaunches(memory, key) : (TransitionLaunches) joined.op();
      try {
        launches.clear();
        upload(launches.table(), guided ? guidance : 0);
      } catch (RuntimeException | Error e) {
        Closing.after(e, List.of(this));
        throw e;
      }
    }

    private boolean thresholds() {
      for (int i = trajectory.startIndex(); i < calls; i++) {
        Transition.Prediction prediction = trajectory.transition(i).prediction();
        if (prediction != null && prediction.nonlinearity() instanceof Nonlinearity.DynamicThreshold) {
          return true;
        }
      }
      return false;
    }

    /** Entry i makes the step of call i, entry calls + i shows the sample as the input of call i. */
    private void upload(Block table, double guidance) {
      try (Arena arena = Arena.ofConfined()) {
        StepTable steps = new StepTable(2 * calls, arena);
        for (int i = trajectory.startIndex(); i < calls; i++) {
          steps.at(calls + i);
          shows(steps, i);
          steps.at(i).real("guidance", guidance);
          fill(steps, trajectory.transition(i));
          if (i + 1 < calls) {
            shows(steps, i + 1);
          }
        }
        table.upload(steps.memory(), 0);
      }
    }

    private void shows(StepTable steps, int index) {
      steps.flag("shows", true).real("next_input_scale", trajectory.transition(index).inputScale());
    }

    private static void fill(StepTable steps, Transition transition) {
      if (transition.prediction() != null) {
        steps.real("sample_coefficient", transition.prediction().sampleCoefficient())
            .real("model_coefficient", transition.prediction().modelCoefficient());
        switch (transition.prediction().nonlinearity()) {
          case Nonlinearity.Identity identity -> steps.choice("prediction", Constant.PREDICTION_IDENTITY);
          case Nonlinearity.Clip clip ->
              steps.choice("prediction", Constant.PREDICTION_CLIP).real("clip_range", clip.range());
          case Nonlinearity.DynamicThreshold threshold ->
              steps.choice("prediction", Constant.PREDICTION_DYNAMIC_THRESHOLD)
                  .real("threshold_ratio", threshold.ratio()).real("threshold_maximum", threshold.maximum());
        }
      }
      switch (transition.learnedVariance()) {
        case LearnedVariance.Direct direct -> steps.choice("variance", Constant.VARIANCE_DIRECT);
        case LearnedVariance.LogInterpolated range -> steps.choice("variance", Constant.VARIANCE_LOG_INTERPOLATED)
            .real("min_log", range.minLog()).real("max_log", range.maxLog());
        case LearnedVariance.Ignored ignored -> {}
        case null -> {}
      }
      for (Transition.Update update : transition.updates()) {
        steps.update(update.target());
        update.terms().forEach(term -> steps.term(term.register(), term.coefficient()));
      }
    }

    @Override
    public DeviceTensor register(int index) {
      return launches.register(index);
    }

    @Override
    public void begin() {
      for (int r = Transition.SAVED; r < trajectory.registers(); r++) {
        register(r).block().fill(0);
      }
      show(trajectory.startIndex());
    }

    @Override
    public void show(int index) {
      make(calls + index);
    }

    @Override
    public void apply(int index) {
      make(index);
    }

    private void make(int entry) {
      launches.choose(entry);
      launches.execute();
      pending = true;
    }

    @Override
    public boolean joins() {
      return joined != null;
    }

    @Override
    public void applyWithNetwork(int index, Runnable beside) {
      launches.choose(index);
      joined.run(beside);
      pending = false;
    }

    @Override
    public boolean finite() {
      if (pending) {
        launches.session().await();
        pending = false;
      }
      return launches.finite();
    }

    @Override
    public void close() {
      if (joined == null) {
        launches.close();
      } else {
        joined.close();
      }
    }
  }
}
