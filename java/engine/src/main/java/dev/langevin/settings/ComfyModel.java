package dev.langevin.settings;

import dev.langevin.settings.ComfyNodes.Node;
import dev.langevin.settings.RecordedSettings.Lora;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The model of a sampler: the file that its loader names, and what is laid over it on the way, the first one first. */
final class ComfyModel {

  private static final List<String> NAMES = List.of("ckpt_name", "unet_name", "model_name");

  private final ComfyNodes nodes;
  private final List<Lora> loras = new ArrayList<>();
  private final List<String> unread = new ArrayList<>();

  ComfyModel(ComfyNodes nodes) {
    this.nodes = nodes;
  }

  /** The file's name, or null. */
  String name(Node sampler) {
    Set<String> seen = new HashSet<>();
    Node at = nodes.linked(sampler, "model");
    while (at != null && seen.add(at.id())) {
      for (String input : NAMES) {
        if (at.inputs().has(input)) {
          return nodes.text(at, input);
        }
      }
      if (at.inputs().has("lora_name")) {
        Double model = nodes.number(at, "strength_model");
        Double clip = nodes.number(at, "strength_clip");
        loras.addFirst(new Lora(String.valueOf(nodes.text(at, "lora_name")), model == null ? 1 : model,
            clip == null ? 0 : clip)); // one without it is for the model alone
        nodes.linked(at, "clip");
      } else {
        unread.add(at.kind());
      }
      at = nodes.linked(at, "model");
    }
    return null;
  }

  List<Lora> loras() {
    return loras;
  }

  List<String> unread() {
    return unread;
  }
}
