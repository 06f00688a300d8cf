package dev.langevin.cuda;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.Planner;
import dev.langevin.weights.JsonFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The layers of published models as the planner asks a backend for them, post-ops folded in. */
final class ModelLayers {

  private static final Path CONFIGURATIONS =
      Path.of(
          System.getProperty("langevin.configurations", "../cli/src/main/resources/dev/langevin/cli/configurations"));
  private static final int TOKENS = 77;
  private static final int SIZES = 6; // of a picture, which SD XL's network is told
  private static final Set<Class<? extends Op>> LAYERS = Set.of(Op.Conv2d.class, Op.Linear.class, Op.Attention.class);

  private ModelLayers() {}

  /** The network of a guided step of SD 1.5 at 512 by 512. */
  static Graph stableDiffusion() throws IOException {
    UNetConditionConfig unet = UNetConditionConfig.of(JsonFiles.read(CONFIGURATIONS.resolve("sd15/unet/config.json")));
    return UNet2DCondition.graph(unet, 2, 64, 64, TOKENS, 0, 0, false);
  }

  /** A node, and whether it keeps f32 whatever precision is asked for. */
  record Layer(Node node, boolean sensitive) {}

  /** By the part of the model: guided steps of a picture, its encoding and its decoding. */
  static Map<String, List<Layer>> all() throws IOException {
    Map<String, List<Layer>> layers = new LinkedHashMap<>();
    for (Map.Entry<String, Integer> model : Map.of("sd15", 512, "sdxl", 1024).entrySet().stream()
        .sorted(Map.Entry.comparingByKey()).toList()) {
      Path folder = CONFIGURATIONS.resolve(model.getKey());
      UNetConditionConfig unet = UNetConditionConfig.of(JsonFiles.read(folder.resolve("unet/config.json")));
      AutoencoderConfig vae = AutoencoderConfig.of(JsonFiles.read(folder.resolve("vae/config.json")));
      int size = model.getValue();
      int latent = size / vae.reduction();
      layers.put(model.getKey() + " unet",
          of(UNet2DCondition.graph(unet, 2, latent, latent, TOKENS, unet.textTime() ? SIZES : 0, 0, false)));
      layers.put(model.getKey() + " decoder", of(AutoencoderKL.decoder(vae, 1, latent, latent)));
      layers.put(model.getKey() + " encoder", of(AutoencoderKL.encoder(vae, 1, size, size)));
    }
    return layers;
  }

  private static List<Layer> of(Graph graph) {
    List<Layer> layers = new ArrayList<>();
    try (Backend reference = Backend.open("reference", BackendOptions.usual())) {
      Backend asked = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class},
          (proxy, method, arguments) -> {
            if (method.getName().equals("prepare")) {
              Node node = (Node) arguments[0];
              if (LAYERS.contains(node.op().getClass())) {
                layers.add(new Layer(node, arguments[1] == Precision.F32));
              }
              return (PreparedOp) new Unbound();
            }
            try {
              return method.invoke(reference, arguments);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          });
      new Planner(asked, Precision.BF16).size(graph);
    }
    return layers;
  }

  private static final class Unbound implements PreparedOp {

    @Override
    public String implementation() {
      return "none";
    }

    @Override
    public CompiledOp bind(List<MemorySegment> inputs,
        List<MemorySegment> outputs, MemorySegment scratch) {
      throw new IllegalStateException("nothing is computed here");
    }
  }
}
