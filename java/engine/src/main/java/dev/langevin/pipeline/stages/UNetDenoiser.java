package dev.langevin.pipeline.stages;

import dev.langevin.backend.Block;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** A conditional U-Net as the reverse chain sees it, with its control networks and the rescaling of guided answers. */
final class UNetDenoiser implements Denoiser {

  private final BlockKernels blocks;
  private final LatentRun run;
  private final Plan network;
  private final List<Plan> controls;
  private final int residuals;
  private int calls;

  /**
   * @param blocks the backend's
   * @param controls of the plan for each of the run's control networks, entered
   */
  UNetDenoiser(BlockKernels blocks, LatentRun run, Plan network, List<Lease> controls) {
    this.blocks = blocks;
    this.run = run;
    this.network = network;
    this.controls = controls.stream().map(Lease::plan).toList();
    int count = 0;
    while (network.hasInput("down_residual." + count)) {
      count++;
    }
    residuals = count;
    for (int i = 0; i < controls.size(); i++) {
      Plan plan = this.controls.get(i);
      Tensor image = run.controls().get(i).image();
      int first = plan.in("sample").shape().intDim(0) - run.samples(); // guessing has no negative half
      plan.in("encoder_hidden_states").writeRows(run.context(), first, run.samples());
      plan.in("controlnet_cond").writeRows(image, first, run.samples());
      run.inputs().forEach((name, rows) -> writeIfRead(rows, plan, name, first));
      if (first > 0) {
        run.negativeInputs().forEach((name, rows) -> writeIfRead(rows, plan, name, 0));
        plan.in("encoder_hidden_states").writeRows(run.negative(), 0, run.samples());
        plan.in("controlnet_cond").writeRows(image, 0, run.samples());
      }
      controls.get(i).prepare();
    }
  }

  /** A control network is told of sizes and the like as the network that it controls, where it was trained to. */
  private void writeIfRead(Tensor rows, Plan plan, String name, int first) {
    if (plan.hasInput(name)) {
      plan.in(name).writeRows(rows, first, run.samples());
    }
  }

  @Override
  public DeviceTensor input() {
    return network.in("sample");
  }

  @Override
  public DeviceTensor output() {
    return network.out("out");
  }

  @Override
  public void predict(double time) {
    network.in("timestep").fill(time);
    if (!controls.isEmpty()) {
      control(time);
    }
    network.run();
    if (run.guided() && run.rescale() > 0) {
      blocks.rescale(output().block(), run.samples(), run.guidance(), run.rescale());
    }
    calls++;
  }

  private void control(double time) {
    for (int r = 0; r <= residuals; r++) {
      network.in(residual(r)).fill(0);
    }
    int all = run.calls();
    for (int i = 0; i < controls.size(); i++) {
      if (!run.controls().get(i).active(calls, all)) {
        continue;
      }
      Plan plan = controls.get(i);
      Block sample = plan.in("sample").block();
      Block shown = input().block();
      sample.copyFrom(shown.slice(shown.bytes() - sample.bytes(), sample.bytes())); // guessing sees the conditional
                                                                                    // half alone
      plan.in("timestep").fill(time);
      plan.run();
      for (int r = 0; r <= residuals; r++) {
        blocks.add(plan.out(residual(r)).block(), network.in(residual(r)).block()); // guessing adds to the conditional
                                                                                    // half, the end
      }
    }
  }

  private String residual(int index) {
    return index == residuals ? "mid_residual" : "down_residual." + index;
  }
}
