package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The folder of a model that was trained further: the base's with the networks that were trained in their places, each
 * in the base's precision of it.
 *
 * @param base what the run began with
 * @param model the settings, whose networks' configurations and scheduler may be others than the base's
 * @param scale of the latents, for an autoencoder that is not the base's
 */
record TunedFolder(BaseModel base, TrainingConfig.Model model, double scale) {

  /**
   * Writes the folder.
   *
   * @param parameters names begin with {@code unet.}, and {@code text_encoder.} and {@code text_encoder_2.} where these
   *   were trained
   */
  void write(Path folder, Parameters parameters, Block block) {
    Set<String> trained = new TreeSet<>();
    parameters.stored().keySet().forEach(name -> trained.add(name.substring(0, name.indexOf('.'))));
    Set<String> written = new TreeSet<>(trained);
    written.add("scheduler");
    base.copy(folder, written);
    if (!model.vaeFolder().equals(base.folder().root())) {
      replaceVae(folder);
    }
    Map<String, Object> unet = new LinkedHashMap<>();
    unet.put("_class_name", "UNet2DConditionModel");
    unet.putAll(model.unet());
    ModelFolderWriter.json(folder.resolve("unet/config.json"), unet);
    ModelFolderWriter.weights(folder.resolve("unet/diffusion_pytorch_model.safetensors"), parameters, block,
        TextEncoders.UNET, Map.of(), base.precision("unet"));
    for (String encoder : List.of("text_encoder", "text_encoder_2")) {
      if (trained.contains(encoder)) {
        ModelFolderWriter.json(folder.resolve(encoder + "/config.json"), base.folder().config(encoder));
        ModelFolderWriter.weights(folder.resolve(encoder + "/model.safetensors"), parameters, block, encoder + ".",
            unread(encoder, parameters), base.precision(encoder));
      }
    }
    Map<String, Object> scheduler = new LinkedHashMap<>(base.folder().schedulerConfig());
    scheduler.putAll(model.scheduler());
    ModelFolderWriter.json(folder.resolve("scheduler/scheduler_config.json"), scheduler);
  }

  private void replaceVae(Path folder) {
    ModelFolder vae = new ModelFolder(model.vaeFolder());
    Checkpoints.delete(folder.resolve("vae"));
    BaseModel.copyComponent(vae.component("vae"), folder.resolve("vae"));
    Map<String, Object> autoencoder = new LinkedHashMap<>(vae.config("vae"));
    autoencoder.put("scaling_factor", scale);
    ModelFolderWriter.json(folder.resolve("vae/config.json"), autoencoder);
  }

  /** What no loss reaches, such as the last layer of XL's first text encoder: the file is incomplete without it. */
  private Map<String, Tensor> unread(String component, Parameters parameters) {
    Map<String, Tensor> constants = new HashMap<>();
    try (ModelWeights weights = base.folder().weights(component)) {
      for (String name : weights.names()) {
        Tensor tensor = weights.tensor(name);
        if (tensor.encoding().isFloatingPoint() && !parameters.stored().containsKey(component + "." + name)) {
          constants.put(name, Tensor.ofFloats(tensor.toFloats(), tensor.shape().dims()));
        }
      }
    }
    return constants;
  }
}
