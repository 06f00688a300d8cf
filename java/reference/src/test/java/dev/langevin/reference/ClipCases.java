package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.ClipVision;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelWeights;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** CLIP's encoders on stored tokens and pictures, on every backend. */
final class ClipCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("clip_text") || c.family().equals("clip_vision");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    boolean text = c.family().equals("clip_text");
    Path folder = c.model().resolve(text ? "text_encoder" : "image_encoder");
    ClipConfig config =
        ClipConfig.of(ReferenceCase.map(folder.resolve("config.json")), c.className().endsWith("WithProjection"));
    List<Integer> hidden = IntStream.rangeClosed(0, config.layers()).boxed().toList();
    try (ModelWeights weights = ModelWeights.open(folder)) {
      for (String backend : TestedBackend.names()) {
        Planner planner = new Planner(Backend.named(backend));
        if (!text) {
          vision(c, planner, config, weights, hidden);
          preprocess(c, config);
          continue;
        }
        texts(c, "", planner, config, weights, hidden, false, 0);
        if (c.has("masked.last_hidden_state")) {
          texts(c, "masked.", planner, config, weights, List.of(), true, 0);
        }
        if (c.has("short.last_hidden_state")) {
          texts(c, "short.", planner, config, weights, List.of(), false, 0);
        }
        for (int skip = 1; c.has("clip_skip." + skip); skip++) {
          texts(c, "", planner, config, weights, List.of(), false, skip);
        }
      }
    }
  }

  private static void texts(ReferenceCase c, String prefix, Planner planner, ClipConfig config, ModelWeights weights,
      List<Integer> hidden, boolean masked, int skip) {
    Tensor ids = c.tensor(c.has(prefix + "input_ids") ? prefix + "input_ids" : "input_ids");
    int length = ids.shape().intDim(1);
    String weightPrefix = weights.has("text_model.final_layer_norm.weight") ? "text_model." : "";
    try (Plan plan = planner.plan(
        ClipText.graph(config, weightPrefix, ids.shape().intDim(0), length, masked, hidden, skip), weights)) {
      Ports.write(plan, "input_ids", ids);
      Ports.write(plan, "end", ClipText.ends(config, ids.toLongs(), length));
      if (masked) {
        float[] mask = c.tensor("attention_mask").toFloats();
        for (int i = 0; i < mask.length; i++) {
          mask[i] = mask[i] == 0 ? Float.NEGATIVE_INFINITY : 0;
        }
        Ports.write(plan, "attention_bias", mask);
      }
      plan.run();
      if (skip > 0) {
        close(c, "clip_skip." + skip, Ports.read(plan, "skipped"));
        return;
      }
      close(c, prefix + "last_hidden_state", Ports.read(plan, "last_hidden_state"));
      if (c.has(prefix + "pooler_output")) {
        close(c, prefix + "pooler_output", Ports.read(plan, "pooled"));
      }
      if (c.has(prefix + "text_embeds")) {
        close(c, prefix + "text_embeds", Ports.read(plan, "text_embeds"));
      }
      for (int layer : hidden) {
        if (c.has("hidden_states." + layer)) {
          close(c, "hidden_states." + layer, Ports.read(plan, "hidden_states." + layer));
        }
      }
    }
  }

  private static void vision(ReferenceCase c, Planner planner, ClipConfig config, ModelWeights weights,
      List<Integer> hidden) {
    Shape shape = c.tensor("pixel_values").shape();
    try (Plan plan = planner.plan(ClipVision.graph(config, "vision_model.", shape.intDim(0), hidden), weights)) {
      Ports.write(plan, "pixel_values", c.tensor("pixel_values"));
      Ports.write(plan, "class_token", new long[shape.intDim(0)]);
      plan.run();
      close(c, "last_hidden_state", Ports.read(plan, "last_hidden_state"));
      for (int layer : hidden) {
        close(c, "hidden_states." + layer, Ports.read(plan, "hidden_states." + layer));
      }
      if (c.has("pooler_output")) {
        close(c, "pooler_output", Ports.read(plan, "pooled"));
      }
      if (c.has("image_embeds")) {
        close(c, "image_embeds", Ports.read(plan, "image_embeds"));
      }
    }
  }

  /**
   * Eight-bit pictures of several sizes: bit for bit what Pillow makes of them, but for the normalisation's rounding.
   */
  private static void preprocess(ReferenceCase c, ClipConfig config) {
    for (int i = 0; c.has("preprocess." + i + ".image_u8_hwc"); i++) {
      Tensor stored = c.tensor("preprocess." + i + ".image_u8_hwc");
      BufferedImage image =
          new BufferedImage(stored.shape().intDim(1), stored.shape().intDim(0), BufferedImage.TYPE_INT_RGB);
      long[] bytes = stored.toLongs();
      for (int p = 0; p < bytes.length / 3; p++) {
        image.setRGB(p % image.getWidth(), p / image.getWidth(),
            (int) (bytes[3 * p] << 16 | bytes[3 * p + 1] << 8 | bytes[3 * p + 2]));
      }
      String name = "preprocess." + i + ".pixel_values";
      Closeness.assertClose(name, ClipPreprocessing.pixels(image, config.imageSize()), c.tensor(name).row(0), 1e-5);
    }
  }

  private static void close(ReferenceCase c, String name, Tensor actual) {
    Closeness.assertClose(name, actual, c.tensor(name), c.maxAbs());
  }
}
