package dev.langevin.hub;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Files of a repository as published ones have them, small: what a load needs among much that it does not. */
final class TinyModel {

  static final String NAME = "tester/tiny";

  static final String UNET = "unet/diffusion_pytorch_model.fp16.safetensors";

  private TinyModel() {}

  static Map<String, byte[]> files() {
    Map<String, byte[]> files = new HashMap<>();
    text(files, "model_index.json", """
        {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.24.0",
         "feature_extractor": ["transformers", "CLIPImageProcessor"],
         "image_encoder": [null, null], "requires_safety_checker": true,
         "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
         "scheduler": ["diffusers", "EulerDiscreteScheduler"],
         "text_encoder": ["transformers", "CLIPTextModel"],
         "tokenizer": ["transformers", "CLIPTokenizer"],
         "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]}
        """);
    text(files, "scheduler/scheduler_config.json", "{}");
    for (String name : new String[] {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"}) {
      text(files, "tokenizer/" + name, "{\"" + name + "\": 1}");
    }
    for (String network : new String[] {"unet", "vae", "text_encoder", "safety_checker"}) {
      text(files, network + "/config.json", "{\"network\": \"" + network + "\"}");
      String name = network.equals("unet") || network.equals("vae") ? "diffusion_pytorch_model" : "model";
      for (String ending : new String[] {".fp16.safetensors", ".safetensors", ".bin", ".onnx"}) {
        files.put(network + "/" + name + ending, random(network + ending));
      }
    }
    files.put("tiny-pruned.safetensors", random("pruned"));
    files.put("unet/flax_model.msgpack", random("flax"));
    text(files, "README.md", "# Tiny");
    text(files, ".gitattributes", "*.bin filter=lfs");
    return files;
  }

  static void text(Map<String, byte[]> files, String path, String text) {
    files.put(path, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] random(String seed) {
    byte[] bytes = new byte[300_000];
    new Random(seed.hashCode()).nextBytes(bytes);
    return bytes;
  }

  /** What a load of it needs. */
  static final String[] NEEDED = {"model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
      "text_encoder/model.fp16.safetensors", "tokenizer/merges.txt", "tokenizer/special_tokens_map.json",
      "tokenizer/tokenizer_config.json", "tokenizer/vocab.json", "unet/config.json", UNET, "vae/config.json",
      "vae/diffusion_pytorch_model.fp16.safetensors"};
}
