package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.AutoencoderTiny;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.models.VQModel;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.request.Tiling;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** AutoencoderKL, AutoencoderTiny and VQModel: encode and decode each stored picture, on every backend. */
final class AutoencoderCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return java.util.Set.of("autoencoder_kl", "autoencoder_tiny", "vqmodel").contains(c.family());
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    for (String folder : new String[] {"model/vae", "model/vqvae", "model_old_names/vae"}) {
      Path path = c.dir().resolve(folder);
      if (!Files.isDirectory(path)) {
        continue;
      }
      Map<String, Object> config = ReferenceCase.map(path.resolve("config.json"));
      try (ModelWeights weights = ModelWeights.open(path)) {
        for (String backend : TestedBackend.names()) {
          Planner planner = new Planner(Backend.named(backend));
          switch (c.className()) {
            case "AutoencoderKL" -> {
              kl(c, planner, AutoencoderConfig.of(config), weights);
              if (c.has("tiled.decoded")) {
                tiled(c, Backend.named(backend), AutoencoderConfig.of(config), weights);
              }
            }
            case "AutoencoderTiny" -> tiny(c, planner, AutoencoderTinyConfig.of(config), weights);
            default -> vq(c, planner, AutoencoderConfig.of(config), weights);
          }
        }
      }
    }
  }

  private static void kl(ReferenceCase c, Planner planner, AutoencoderConfig config, ModelWeights weights) {
    for (int i = 0; c.has("s" + i + ".image"); i++) {
      String s = "s" + i + ".";
      Shape image = c.tensor(s + "image").shape();
      Graph graph = AutoencoderKL.encoder(config, image.intDim(0), image.intDim(2), image.intDim(3));
      try (Plan plan = planner.plan(graph, weights)) {
        Ports.write(plan, "image", c.tensor(s + "image"));
        plan.run();
        Closeness.assertClose(s + "mean", Ports.read(plan, "mean"), c.tensor(s + "mean"), c.maxAbs());
        String note = "/tensor_notes/" + s + "logvar";
        float least = (float) c.stated(note, "clamped to \\[(-?[0-9.]+), ");
        float most = (float) c.stated(note, "clamped to \\[-?[0-9.]+, ([0-9.]+)\\]");
        float[] logvar = Ports.read(plan, "logvar").toFloats();
        for (int k = 0; k < logvar.length; k++) {
          logvar[k] = Math.clamp(logvar[k], least, most);
        }
        Closeness.assertClose(s + "logvar", logvar, c.tensor(s + "logvar").toFloats(), c.maxAbs());
      }
      Tensor scaled = c.tensor(s + "scaled_latent");
      float[] latents = scaled.toFloats();
      for (int k = 0; k < latents.length; k++) {
        latents[k] = (float) (latents[k] / config.scalingFactor() + config.shiftFactor());
      }
      Shape shape = scaled.shape();
      try (Plan plan = planner.plan(
          AutoencoderKL.decoder(config, shape.intDim(0), shape.intDim(2), shape.intDim(3)), weights)) {
        Ports.write(plan, "latents", Tensor.ofFloats(latents, shape.dims()));
        plan.run();
        Closeness.assertClose(s + "decoded", Ports.read(plan, "image"), c.tensor(s + "decoded"), c.maxAbs());
      }
    }
  }

  /** In tiles of the size and overlap that the case says. */
  private static void tiled(ReferenceCase c, Backend backend, AutoencoderConfig config, ModelWeights weights) {
    Tiling tiling = new Tiling((int) c.stated("/tensor_notes/tiled.decoded", "tile_latent_min_size (\\d+)"),
        c.stated("/tensor_notes/tiled.decoded", "overlap ([0-9.]+)"));
    double scale = config.scalingFactor();
    List<Network> networks = new ArrayList<>();
    LatentCodec codec = new LatentCodec(name -> {
      networks.add(new Network(name, backend, Precision.F32, null, weights));
      return networks.getLast();
    }, config);
    LatentCodec.Passes turns = (need, write, read) -> backend.call(() -> need.network().use(need, plan -> {
      write.accept(plan);
      plan.run();
      return read.apply(plan);
    }));
    try {
      Tensor encoded = codec.encode(c.tensor("tiled.image"), 1, noise -> {}, tiling, turns); // all normals 0: the mean
      Closeness.assertClose("tiled.mean", times(encoded, 1 / scale), c.tensor("tiled.mean"), c.maxAbs());
      Tensor latents = times(c.tensor("tiled.latent"), scale);
      Closeness.assertClose("tiled.decoded", codec.decode(latents, tiling, turns), c.tensor("tiled.decoded"),
          c.maxAbs());
      Closeness.assertClose(
          "tiled.decoded_untiled", codec.decode(latents, null, turns), c.tensor("tiled.decoded_untiled"), c.maxAbs());
    } finally {
      backend.call(() -> {
        networks.forEach(Network::close);
        return null;
      });
    }
  }

  private static Tensor times(Tensor tensor, double factor) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor);
    }
    return Tensor.ofFloats(values, tensor.shape().dims());
  }

  private static void tiny(ReferenceCase c, Planner planner, AutoencoderTinyConfig config, ModelWeights weights) {
    for (int i = 0; c.has("s" + i + ".image"); i++) {
      String s = "s" + i + ".";
      Shape image = c.tensor(s + "image").shape();
      Shape latents = c.tensor(s + "latents").shape();
      try (Plan encoder = planner.plan(
          AutoencoderTiny.encoder(config, image.intDim(0), image.intDim(2), image.intDim(3)), weights);
          Plan decoder = planner.plan(
              AutoencoderTiny.decoder(config, latents.intDim(0), latents.intDim(2), latents.intDim(3)), weights)) {
        Ports.write(encoder, "image", c.tensor(s + "image"));
        encoder.run();
        Closeness.assertClose(s + "latents", Ports.read(encoder, "latents"), c.tensor(s + "latents"), c.maxAbs());
        Ports.write(decoder, "latents", c.tensor(s + "latents"));
        decoder.run();
        Closeness.assertClose(s + "decoded", Ports.read(decoder, "image"), c.tensor(s + "decoded"), c.maxAbs());
      }
    }
  }

  private static void vq(ReferenceCase c, Planner planner, AutoencoderConfig config, ModelWeights weights) {
    Shape image = c.tensor("image").shape();
    Shape latents = c.tensor("latents").shape();
    try (Plan encoder =
        planner.plan(VQModel.encoder(config, image.intDim(0), image.intDim(2), image.intDim(3)), weights)) {
      Ports.write(encoder, "image", c.tensor("image"));
      encoder.run();
      Closeness.assertClose("latents", Ports.read(encoder, "latents"), c.tensor("latents"), c.maxAbs());
    }
    for (boolean quantised : new boolean[] {true, false}) {
      try (Plan decoder = planner.plan(
          VQModel.decoder(config, latents.intDim(0), latents.intDim(2), latents.intDim(3), quantised), weights)) {
        Ports.write(decoder, "latents", c.tensor("latents"));
        decoder.run();
        if (quantised) {
          Closeness.assertClose("quantized", Ports.read(decoder, "quantized"), c.tensor("quantized"), c.maxAbs());
        }
        String name = quantised ? "decoded" : "decoded_not_quantized";
        Closeness.assertClose(name, Ports.read(decoder, "image"), c.tensor(name), c.maxAbs());
      }
    }
  }
}
