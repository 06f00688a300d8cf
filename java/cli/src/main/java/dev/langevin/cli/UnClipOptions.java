package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.image.Images;
import dev.langevin.pipeline.UnClip;
import dev.langevin.pipeline.UnClipRequest;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Option;

/** What the commands for folders of unCLIP share. */
final class UnClipOptions {

  private static final int PRIOR_STEPS = 25;
  private static final double PRIOR_GUIDANCE = 4;
  private static final int DECODER_STEPS = 25;
  private static final double DECODER_GUIDANCE = 8;
  private static final int SUPER_RESOLUTION_STEPS = 7;

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "A diffusers folder of Karlo's layout.")
  Path model;

  @Option(names = "--steps", description = "Steps of the prior and of the decoder (" + DECODER_STEPS + "); enlarging takes " + SUPER_RESOLUTION_STEPS + ".")
  Integer steps;

  @Option(names = "--guidance", description = "Guidance of the decoder (" + DECODER_GUIDANCE + ").")
  Double guidance;

  @Option(names = "--max-memory", paramLabel = "BYTES", description = "Most memory of a network, such as 12g; more is refused.")
  ByteCount maxMemory;

  @Option(names = "--seed", defaultValue = "0", description = "Seed of the random numbers (${DEFAULT-VALUE}).")
  long seed;

  @Option(names = "--backend", defaultValue = "onednn", description = "onednn or reference (${DEFAULT-VALUE}).")
  String backend;

  /** Whether the path is such a folder. */
  static boolean isFolder(Path path) {
    return path != null && Files.isRegularFile(path.resolve("model_index.json")) && new ModelFolder(path).pipelineClass().startsWith("UnCLIP");
  }

  UnClip load() {
    return load(model, backend, maxMemory);
  }

  /** @param maxMemory null for no limit */
  static UnClip load(Path model, String backend, ByteCount maxMemory) {
    try (Backend opened = Backend.open(backend, BackendOptions.usual())) {
      return UnClip.load(model, opened, maxMemory == null ? Long.MAX_VALUE : maxMemory.bytes());
    }
  }

  UnClipRequest request(List<String> prompts, int count) {
    return new UnClipRequest(prompts, count, steps == null ? PRIOR_STEPS : steps, steps == null ? DECODER_STEPS : steps,
        SUPER_RESOLUTION_STEPS, PRIOR_GUIDANCE, guidance == null ? DECODER_GUIDANCE : guidance);
  }

  TorchGenerator noise() {
    return new TorchGenerator(seed);
  }

  /** The embedding of a picture's file, or of a text by the prior. */
  Tensor embedding(UnClip unClip, String what, ReverseProcess.StepListener listener) {
    if (Files.isRegularFile(Path.of(what))) {
      return unClip.embed(ClipPreprocessing.pixels(Images.read(Path.of(what)), unClip.encoderSide()));
    }
    if (!unClip.readsTexts()) {
      throw new IllegalArgumentException(what + ": there is no such picture, and " + model + " has no prior that reads texts");
    }
    return unClip.priorEmbeddings(request(List.of(what), 1), noise(), listener);
  }

  /** Pictures of embeddings without a text. */
  List<BufferedImage> decode(UnClip unClip, Tensor embedding, int count, ReverseProcess.StepListener listener) {
    return Images.allFromUnit(unClip.decode(request(Collections.nCopies(1, ""), count), embedding, noise(), listener));
  }

  static ProgressBar progress() {
    return new ProgressBarBuilder().setTaskName("sampling").setInitialMax(1).setUnit(" steps", 1).setStyle(ProgressBarStyle.ASCII).build();
  }

  /** Moves a bar over all parts of a run. */
  static ReverseProcess.StepListener listener(ProgressBar bar) {
    return (done, calls, preview) -> {
      if (done == 1) {
        bar.maxHint(bar.getCurrent() + calls);
      }
      bar.step();
      return true;
    };
  }
}
