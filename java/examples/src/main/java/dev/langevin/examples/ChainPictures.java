package dev.langevin.examples;

import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.Posterior;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The pictures of docs/markov-chain.md that no command draws: {@code ChainPictures posterior PICTURE OUT} and
 * {@code ChainPictures latents MODEL PROMPT OUT}.
 */
public final class ChainPictures {

  private static final int STEPS = 1000;
  private static final int SHOWN = 8;
  private static final int ENLARGED = 4;
  private static final float RANGE = 3; // latents are near to unit normals

  private ChainPictures() {}

  public static void main(String... arguments) {
    switch (arguments[0]) {
      case "posterior" -> posterior(Path.of(arguments[1]), Path.of(arguments[2]));
      case "latents" -> latents(Path.of(arguments[1]), arguments[2], Path.of(arguments[3]));
      default -> throw new IllegalArgumentException(
          "the first argument is '" + arguments[0] + "', must be posterior or latents");
    }
  }

  /**
   * Walks from pure noise to a picture that is known, each step a draw from q(x_(t-1) | x_t, x_0). Above are the
   * states; below is the mean of q(x_s | x_t, x_0) for the s that is shown next.
   */
  private static void posterior(Path picture, Path out) {
    Scheduler scheduler = Schedulers.ofClass("DDPMScheduler",
        Map.of("num_train_timesteps", STEPS, "beta_schedule", "scaled_linear"));
    ForwardProcess q = new ForwardProcess(scheduler.noiseSchedule().orElseThrow());
    Tensor x0 = Images.toSignedUnit(Images.read(picture));
    float[] known = x0.toFloats();
    TorchGenerator generator = new TorchGenerator(1);
    float[] x = generator.randn(known.length); // x_T
    List<BufferedImage> states = new ArrayList<>();
    List<BufferedImage> means = new ArrayList<>();
    int stride = STEPS / (SHOWN - 1);
    for (int t = STEPS - 1; t >= 0; t--) {
      if ((STEPS - 1 - t) % stride == 0 && states.size() < SHOWN - 1) {
        states.add(shown(x, x0));
        int s = t - stride;
        Posterior far = Posterior.of(q.schedule().alphaBar(t), s >= 0 ? q.schedule().alphaBar(s) : 1);
        means.add(shown(mean(far, known, x), x0));
      }
      Posterior near = q.posterior(t);
      float[] noise = generator.randn(x.length);
      x = mean(near, known, x);
      for (int i = 0; i < x.length; i++) {
        x[i] += (float) Math.sqrt(near.variance()) * noise[i];
      }
    }
    states.add(shown(x, x0));
    means.add(shown(known, x0));
    states.addAll(means);
    Images.writePng(Images.grid(states, SHOWN, 2), out);
  }

  private static float[] mean(Posterior posterior, float[] x0, float[] xT) {
    float[] mean = new float[x0.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (posterior.x0() * x0[i] + posterior.xT() * xT[i]);
    }
    return mean;
  }

  private static BufferedImage shown(float[] values, Tensor like) {
    return Images.fromSignedUnit(Tensor.ofFloats(values, like.shape().dims()));
  }

  /** A row for each channel of the latents on their way, and the decoded picture behind the last. */
  private static void latents(Path folder, String prompt, Path out) {
    List<Tensor> moments = new ArrayList<>();
    BufferedImage picture;
    try (Pipeline model = Pipelines.open(folder)) {
      GenerationRequest request = GenerationRequest.prompt(prompt).steps(21).guidance(3).build();
      picture = model.generate(request, (step, total, preview) -> {
        if ((step - 1) % Math.max(1, total / (SHOWN - 1)) == 0 && moments.size() < SHOWN - 1 || step == total) {
          moments.add(preview.latents());
        }
        return true;
      }, new CancellationToken()).image(0);
    }
    int channels = moments.getFirst().shape().intDim(1);
    List<BufferedImage> cells = new ArrayList<>();
    for (int c = 0; c < channels; c++) {
      for (Tensor moment : moments) {
        cells.add(channel(moment, c));
      }
      cells.add(c == channels - 1 ? picture : empty(picture));
    }
    Images.writePng(Images.grid(cells, moments.size() + 1, 2), out);
  }

  private static BufferedImage empty(BufferedImage like) {
    BufferedImage white = new BufferedImage(like.getWidth(), like.getHeight(), BufferedImage.TYPE_BYTE_GRAY);
    white.getRaster().setSamples(0, 0, like.getWidth(), like.getHeight(), 0,
        IntStream.generate(() -> 255).limit((long) like.getWidth() * like.getHeight()).toArray());
    return white;
  }

  /** A channel of (1, C, H, W) in gray, each latent a square. */
  private static BufferedImage channel(Tensor latents, int channel) {
    int height = latents.shape().intDim(2);
    int width = latents.shape().intDim(3);
    float[] values = latents.toFloats();
    BufferedImage picture = new BufferedImage(width * ENLARGED, height * ENLARGED, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < height * ENLARGED; y++) {
      for (int x = 0; x < width * ENLARGED; x++) {
        float value = values[(channel * height + y / ENLARGED) * width + x / ENLARGED];
        picture.getRaster().setSample(x, y, 0, Math.clamp(Math.round(127.5f * (1 + value / RANGE)), 0, 255));
      }
    }
    return picture;
  }
}
