package dev.langevin.pipeline.stages;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.Closing;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A conditional U-Net as the reverse chain sees it, with its control networks, the rescaling of guided answers, and
 * texts that change or are added up.
 */
final class UNetDenoiser implements Denoiser, AutoCloseable {

  private final BlockKernels blocks;
  private final LatentRun run;
  private final Lease lease;
  private final Plan network;
  private final TimeTable times;
  private final List<Lease> controls;
  private final List<TimeTable> controlTimes;
  private final DeviceTensor input;
  private final DeviceTensor output;
  private final int residuals;
  private final int[] told; // which text each group of rows is told now
  private int calls;

  /**
   * Tells the networks the first call.
   *
   * @param lease of the network's plan, entered
   * @param controls of the plan for each of the run's control networks, likewise
   */
  UNetDenoiser(Backend backend, LatentRun run, Lease lease, List<Lease> controls) {
    this.blocks = backend.blocks();
    this.run = run;
    this.lease = lease;
    this.network = lease.plan();
    this.times = new TimeTable(network, run.trajectory());
    this.controls = controls;
    this.controlTimes = controls.stream().map(each -> new TimeTable(each.plan(), run.trajectory())).toList();
    int count = 0;
    while (network.hasInput("down_residual." + count)) {
      count++;
    }
    residuals = count;
    told = new int[run.conditions() + (run.guided() ? 1 : 0)];
    if (run.composition() != null) {
      for (int group = 0; group < told.length; group++) {
        told[group] = run.track(group).index(0);
      }
    }
    prepare();
    for (int i = 0; i < controls.size(); i++) {
      prepareControl(i);
    }
    if (run.adds()) {
      input = guided(backend, network.in("sample"));
      output = guided(backend, network.out("out"));
    } else {
      input = network.in("sample");
      output = network.out("out");
    }
  }

  /** Two halves of the samples, as guidance takes them, in the form of a network's tensor. */
  private DeviceTensor guided(Backend backend, DeviceTensor like) {
    Shape shape = like.shape().with(0, 2L * run.samples());
    return new DeviceTensor(like.name(), DType.F32, shape, backend.memory().allocate(4 * shape.elements()));
  }

  @Override
  public DeviceTensor input() {
    return input;
  }

  @Override
  public DeviceTensor output() {
    return output;
  }

  @Override
  public void predict(double time) {
    ready(time);
    network.run();
    if (run.adds()) {
      add();
    }
    if (rescales()) {
      blocks.rescale(output().block(), run.samples(), run.guidance(), run.rescale());
    }
  }

  private boolean rescales() {
    return run.guided() && run.rescale() > 0;
  }

  @Override
  public Plan network() {
    return run.adds() || rescales() ? null : network;
  }

  @Override
  public void ready(double time) {
    tell();
    if (run.adds()) {
      show();
    }
    if (times.choose(time, calls)) {
      prepare();
    }
    times.show(time);
    if (!controls.isEmpty()) {
      control(time);
    }
    calls++;
  }

  /** Tells the networks the texts of this call where these are others than those of the last. */
  private void tell() {
    if (run.composition() == null) {
      return;
    }
    boolean changed = false;
    for (int group = 0; group < told.length; group++) {
      int index = run.track(group).index(calls);
      changed |= index != told[group];
      told[group] = index;
    }
    if (!changed) {
      return;
    }
    prepare();
    for (int i = 0; i < controls.size(); i++) {
      prepareControl(i);
    }
  }

  /** All is written that preparing reads: another run may have had the plan since. */
  private void prepare() {
    LatentDiffusion.write(run, network, calls);
    times.write();
    lease.prepare();
  }

  /** {@link #prepare} of a control network. */
  private void prepareControl(int index) {
    Plan plan = controls.get(index).plan();
    Tensor image = run.controls().get(index).image();
    int rows = plan.in("sample").shape().intDim(0);
    for (int first = 0; first < rows; first += run.samples()) {
      plan.in("controlnet_cond").writeRows(image, first, run.samples());
    }
    run.write(plan, rows, calls);
    controlTimes.get(index).write();
    controls.get(index).prepare();
  }

  /** Shows the network the sample for each condition. */
  private void show() {
    Block all = network.in("sample").block();
    long half = input.block().bytes() / 2;
    for (int group = 0; group < told.length; group++) {
      all.slice(group * half, half).copyFrom(input.block().slice(group == 0 ? 0 : half, half));
    }
  }

  /** Makes one conditional half of all: u + w1 (c1 - u) + w2 (c2 - u) + ... */
  private void add() {
    float[] answers = network.out("out").toFloats();
    int half = answers.length / told.length;
    float[] both = Arrays.copyOf(answers, 2 * half);
    for (int i = 0; i < half; i++) {
      double sum = answers[i];
      for (int part = 1; part < told.length; part++) {
        double[] weights = run.track(part).weights();
        int prompt = (int) ((long) i * weights.length / half);
        sum += weights[prompt] * ((double) answers[part * half + i] - answers[i]);
      }
      both[half + i] = (float) sum;
    }
    output.write(both);
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
      Plan plan = controls.get(i).plan();
      Block sample = plan.in("sample").block();
      Block shown = network.in("sample").block();
      sample.copyFrom(shown.slice(shown.bytes() - sample.bytes(), sample.bytes())); // guessing sees the conditional
                                                                                    // part alone
      if (controlTimes.get(i).choose(time, calls)) {
        prepareControl(i);
      }
      controlTimes.get(i).show(time);
      plan.run();
      for (int r = 0; r <= residuals; r++) {
        blocks.add(plan.out(residual(r)).block(), network.in(residual(r)).block()); // guessing adds to the conditional
                                                                                    // part, the end
      }
    }
  }

  private String residual(int index) {
    return index == residuals ? "mid_residual" : "down_residual." + index;
  }

  @Override
  public void close() {
    List<AutoCloseable> own = new ArrayList<>();
    if (run.adds()) {
      own.add(input.block());
      own.add(output.block());
    }
    Closing.all(own);
  }
}
