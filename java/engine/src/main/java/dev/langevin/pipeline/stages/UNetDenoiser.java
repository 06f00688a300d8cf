package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A conditional U-Net as the reverse chain sees it, with its control networks and the rescaling of guided answers. */
public final class UNetDenoiser implements Denoiser {

  private final LatentRun run;
  private final Plan network;
  private final List<Plan> controls;
  private final int residuals;
  private int calls;

  /** @param controls a plan for each of the run's control networks, entered */
  UNetDenoiser(LatentRun run, Plan network, List<Lease> controls) {
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
      int first = plan.input("sample").shape().intDim(0) - run.samples(); // guessing has no negative half
      Rows.write(run.context(), plan.input("encoder_hidden_states"), first, run.samples());
      Rows.write(image, plan.input("controlnet_cond"), first, run.samples());
      run.inputs().forEach((name, rows) -> writeIfRead(rows, plan, name, first));
      if (first > 0) {
        run.negativeInputs().forEach((name, rows) -> writeIfRead(rows, plan, name, 0));
        Rows.write(run.negative(), plan.input("encoder_hidden_states"), 0, run.samples());
        Rows.write(image, plan.input("controlnet_cond"), 0, run.samples());
      }
      controls.get(i).prepare();
    }
  }

  /** A control network is told of sizes and the like as the network that it controls, where it was trained to. */
  private void writeIfRead(Tensor rows, Plan plan, String name, int first) {
    if (plan.hasInput(name)) {
      Rows.write(rows, plan.input(name), first, run.samples());
    }
  }

  @Override
  public Tensor input() {
    return network.input("sample");
  }

  @Override
  public Tensor output() {
    return network.output("out");
  }

  @Override
  public void predict(double time) {
    Rows.fill(network.input("timestep"), time);
    if (!controls.isEmpty()) {
      control(time);
    }
    network.run();
    if (run.guided() && run.rescale() > 0) {
      rescale();
    }
    calls++;
  }

  private void control(double time) {
    for (int r = 0; r <= residuals; r++) {
      network.input(residual(r)).data().fill((byte) 0);
    }
    int all = run.calls();
    for (int i = 0; i < controls.size(); i++) {
      if (!run.controls().get(i).active(calls, all)) {
        continue;
      }
      Plan plan = controls.get(i);
      MemorySegment sample = plan.input("sample").data();
      MemorySegment shown = network.input("sample").data();
      sample.copyFrom(shown.asSlice(shown.byteSize() - sample.byteSize())); // guessing sees the conditional half alone
      Rows.fill(plan.input("timestep"), time);
      plan.run();
      for (int r = 0; r <= residuals; r++) {
        add(plan.output(residual(r)).data(), network.input(residual(r)).data());
      }
    }
  }

  private String residual(int index) {
    return index == residuals ? "mid_residual" : "down_residual." + index;
  }

  /** Adds to the end of the target, which is the conditional half where the source is no longer. */
  private static void add(MemorySegment source, MemorySegment target) {
    MemorySegment end = target.asSlice(target.byteSize() - source.byteSize());
    for (long i = 0; i < source.byteSize() / 4; i++) {
      end.setAtIndex(ValueLayout.JAVA_FLOAT, i,
          end.getAtIndex(ValueLayout.JAVA_FLOAT, i) + source.getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
  }

  /**
   * Multiplies both halves of each sample's answer by r deviation(c) / deviation(u + g (c - u)) + 1 - r (arXiv:2305.08891, equations
   * 15 and 16): the guided answer, which is linear in them, is multiplied by it.
   */
  private void rescale() {
    for (int n = 0; n < run.samples(); n++) {
      Tensor negative = output().row(n);
      Tensor conditional = output().row(n + run.samples());
      float[] u = negative.toFloats();
      float[] c = conditional.toFloats();
      double[] guided = new double[u.length];
      double[] alone = new double[u.length];
      for (int i = 0; i < u.length; i++) {
        guided[i] = u[i] + run.guidance() * (c[i] - u[i]);
        alone[i] = c[i];
      }
      double factor = run.rescale() * deviation(alone) / deviation(guided) + 1 - run.rescale();
      for (int i = 0; i < u.length; i++) {
        negative.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (u[i] * factor));
        conditional.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (c[i] * factor));
      }
    }
  }

  /** Of a sample, with one degree of freedom less. */
  private static double deviation(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / (values.length - 1));
  }
}
