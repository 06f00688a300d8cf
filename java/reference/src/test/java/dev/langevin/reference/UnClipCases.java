package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * unCLIP's pipelines through the public API, from the text or the picture on: every sample of each part and the
 * picture.
 */
final class UnClipCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("pipelines_unclip");
  }

  @Override
  public void run(ReferenceCase c) {
    JsonNode call = c.json().get("call");
    boolean texts = c.className().equals("UnCLIPPipeline");
    Tensor given =
        texts ? null : c.tensor(c.has("input.image_embeddings") ? "input.image_embeddings" : "input.pixel_values");
    List<String> prompts = new ArrayList<>();
    if (!texts) {
      prompts.addAll(Collections.nCopies(given.shape().intDim(0), ""));
    } else if (call.get("prompt").isArray()) {
      call.get("prompt").forEach(prompt -> prompts.add(prompt.textValue()));
    } else {
      prompts.add(call.get("prompt").textValue());
    }
    GenerationRequest.Builder request = GenerationRequest.unconditional().prompts(prompts)
        .count(call.path("num_images_per_prompt").asInt(1)).steps(call.path("decoder_num_inference_steps").asInt(25))
        .enlargingSteps(call.path("super_res_num_inference_steps").asInt(7))
        .guidance(call.path("decoder_guidance_scale").asDouble(8));
    if (texts) {
      request.prior(call.path("prior_num_inference_steps").asInt(25), call.path("prior_guidance_scale").asDouble(4));
    }
    try (Pipeline model = Pipelines.open(c.model(), TestedBackend.options().build())) {
      NoiseSource noise = noise(c);
      Watch watch = new Watch(c, texts ? List.of("prior", "decoder", "super_res") : List.of("decoder", "super_res"));
      if (!texts) {
        request.imageEmbeddings(c.has("input.image_embeddings") ? given
            : embeddings(model.ability(Embeddings.class).orElseThrow(), given));
      }
      Tensor pictures = model.generate(request.build(), noise, watch, new CancellationToken()).pictures();
      Closeness.assertClose("image", pictures, c.tensor("image"), c.maxAbs());
    }
  }

  private static Tensor embeddings(Embeddings model, Tensor pixels) {
    Tensor first =
        model.ofPicture(pixels.row(0).reshape(pixels.shape().dim(1), pixels.shape().dim(2), pixels.shape().dim(3)));
    float[] all = new float[Math.toIntExact(pixels.shape().dim(0) * first.shape().elements())];
    for (int n = 0; n < pixels.shape().intDim(0); n++) {
      float[] one =
          model.ofPicture(pixels.row(n).reshape(pixels.shape().dim(1), pixels.shape().dim(2), pixels.shape().dim(3)))
              .toFloats();
      System.arraycopy(one, 0, all, n * one.length, one.length);
    }
    return Tensor.ofFloats(all, pixels.shape().dim(0), first.shape().dim(1));
  }

  private static NoiseSource noise(ReferenceCase c) {
    int[] next = new int[1];
    return target -> target.data().copyFrom(c.tensor(String.format("noise.%03d", next[0]++)).data());
  }

  /** Compares the samples of each part. */
  private static final class Watch implements GenerationListener {

    private final ReferenceCase c;
    private final List<String> parts;
    private int part;

    Watch(ReferenceCase c, List<String> parts) {
      this.c = c;
      this.parts = parts;
    }

    @Override
    public boolean stepped(int done, int calls, Preview preview) {
      String name = parts.get(part) + "_scheduler.latents";
      Closeness.assertClose(name + "[" + done + "]", preview.latents(), c.tensor(name).row(done),
          c.json().at("/tolerance/latent_max_abs").doubleValue());
      part += done == calls ? 1 : 0;
      return true;
    }
  }
}
