package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.Trajectory;
import dev.langevin.models.IpAdapterConfig;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * What a {@link LatentDiffusion} is to sample.
 *
 * @param samples N
 * @param height of the latents, as {@code width}
 * @param guidance scale of classifier-free guidance; used where {@code negative} is there
 * @param rescale share by which a guided answer is brought back to the deviation of the conditional one (Lin et al.,
 *   arXiv:2305.08891, section 3.4); 0 for none
 * @param context (N, M, D), or fewer rows, each then used for as many samples in turn
 * @param negative the context that is guided away from, of the same form, or null without guidance
 * @param inputs further inputs of the network by name, rows as of the context; of the negative half in
 *   {@code negativeInputs}
 * @param extra (N, E, h, w) shown to the network beside the sample, or null
 * @param start latents that noise is added to for the start, or null to start from noise alone
 * @param startsNoisy whether {@code start} has its noise already, as another run left it part-way
 * @param end index of the trajectory's call to stop before, or the number of its calls
 * @param adapter for a picture as a prompt, whose embedding is the input {@code image_embeds}; or null
 * @param kept what is put back after each step, or null
 * @param composition texts that change, or several conditions at a time; null for {@code context} and {@code negative}
 *   over the whole run
 * @param preferredBytes what the network's plan is not to exceed, if that can be
 */
public record LatentRun(
    int samples,
    int height,
    int width,
    Trajectory trajectory,
    double guidance,
    double rescale,
    Tensor context,
    Tensor negative,
    Map<String, Tensor> inputs,
    Map<String, Tensor> negativeInputs,
    Tensor extra,
    Tensor start,
    boolean startsNoisy,
    int end,
    IpAdapterConfig adapter,
    Kept kept,
    List<Control> controls,
    Composition composition,
    long preferredBytes) {

  private static final String STATES = "encoder_hidden_states";

  /**
   * What is not to be painted anew.
   *
   * @param latents of the picture (N, L, h, w)
   * @param mask (1, 1, h, w), 1 where it is painted anew
   * @param noise of the start, as the latents
   */
  public record Kept(Tensor latents, Tensor mask, Tensor noise) {}

  /** Text to picture: nothing but contexts. */
  public static LatentRun of(
      int samples, int height, int width, Trajectory trajectory, double guidance, Tensor context, Tensor negative) {
    return new LatentRun(samples, height, width, trajectory, guidance, 0, context, negative, Map.of(), Map.of(), null,
        null, false,
        trajectory.timesteps().length, null, null, List.of(), null, Network.COMFORTABLE);
  }

  /** Conditions at a time, each with rows of its own for all samples. */
  int conditions() {
    return composition == null ? 1 : composition.parts().size();
  }

  /** Whether the answers to conditions are added up. */
  boolean adds() {
    return composition != null && composition.adds();
  }

  /** The text of a group of rows: the negative one's first where there is guidance. */
  Composition.Track track(int group) {
    int first = guided() ? 1 : 0;
    return group < first ? composition.negative() : composition.parts().get(group - first);
  }

  /**
   * Writes what a network is told: groups of as many rows as there are samples, that without a condition first.
   *
   * @param rows of the plan; a control network that guesses has no group without a condition
   */
  void write(Plan plan, int rows, int call) {
    int group = guided() && rows > conditions() * samples ? 0 : guided() ? 1 : 0;
    for (int first = 0; first < rows; first += samples, group++) {
      boolean away = guided() && group == 0;
      plan.in(STATES).writeRows(away ? negative : context, first, samples);
      for (Map.Entry<String, Tensor> each : (away ? negativeInputs : inputs).entrySet()) {
        if (plan.hasInput(each.getKey())) { // a control network is told of sizes and the like where it was trained to
          plan.in(each.getKey()).writeRows(each.getValue(), first, samples);
        }
      }
    }
    if (composition != null) {
      tell(plan, rows, call);
    }
  }

  /** Writes the texts of a call alone, as {@link #write} does. */
  private void tell(Plan plan, int rows, int call) {
    int group = guided() && rows > conditions() * samples ? 0 : guided() ? 1 : 0;
    for (int first = 0; first < rows; first += samples, group++) {
      Composition.Told told = track(group).at(call);
      plan.in(STATES).writeRows(told.states(), first, samples);
      for (Map.Entry<String, Tensor> each : told.inputs().entrySet()) {
        if (plan.hasInput(each.getKey())) {
          plan.in(each.getKey()).writeRows(each.getValue(), first, samples);
        }
      }
    }
  }

  boolean guided() {
    return negative != null;
  }

  /** Calls of the network. */
  int calls() {
    return end - trajectory.startIndex();
  }
}
