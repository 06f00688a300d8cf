package dev.langevin.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.settings.ComfyNodes.Node;
import dev.langevin.settings.RecordedSettings.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a ComfyUI graph says of the picture that it saves: its samplers are found by following the links back from
 * there, and what they are given likewise. The first of several samplers tells the settings; all are stages.
 */
final class ComfyGraph {

  /** Nodes that hand a picture or latents on, by the input that they take it from. */
  private static final List<String> ON_THE_WAY =
      List.of("images", "image", "samples", "latent", "latent_image", "pixels", "upscale_image");

  private final ComfyNodes nodes;
  private final RecordedSettings.Draft draft = new RecordedSettings.Draft(Program.COMFYUI);

  private ComfyGraph(ComfyNodes nodes) {
    this.nodes = nodes;
  }

  /** @return null for a graph without a sampler */
  static RecordedSettings read(JsonNode graph) {
    ComfyNodes nodes = new ComfyNodes(graph);
    return new ComfyGraph(nodes).read();
  }

  private RecordedSettings read() {
    Node end = saved();
    List<Node> samplers = end == null ? List.of() : samplers(end);
    if (samplers.isEmpty()) {
      return null;
    }
    Node first = samplers.getFirst();
    sampler(first);
    new ComfyConditioning(nodes, draft).read(guider(first));
    model(guider(first));
    for (Node each : samplers) {
      stage(each);
    }
    if (draft.stages.size() == 1) {
      draft.stages.clear();
    }
    nodes.unread(end).forEach(node -> draft.unread.add(node.kind()));
    return draft.finish();
  }

  /** The node that saves or shows the picture, or else the last sampler. */
  private Node saved() {
    Node found = null;
    for (Node node : nodes.all()) {
      boolean shows = ComfyNodes.link(node, "images") != null;
      if (shows && (found == null || rank(node) < rank(found))) {
        found = node;
      }
    }
    if (found == null) {
      for (Node node : nodes.all()) {
        found = isSampler(node) ? node : found;
      }
    }
    return found == null ? null : nodes.node(found.id());
  }

  private static int rank(Node node) {
    return node.kind().equals("SaveImage") ? 0 : node.kind().contains("Save") ? 1
        : node.kind().contains("Preview") ? 2 : 3;
  }

  private static boolean isSampler(Node node) {
    return ComfyNodes.link(node, "latent_image") != null
        && (node.inputs().has("sampler_name") || node.inputs().has("sampler"));
  }

  /** Samplers on the way to a node, the first one first; what lies in front of that is the start. */
  private List<Node> samplers(Node end) {
    List<Node> samplers = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Node at = end;
    while (at != null && seen.add(at.id())) {
      if (isSampler(at)) {
        samplers.addFirst(at);
      }
      Node next = null;
      for (String input : ON_THE_WAY) {
        Node linked = next == null ? nodes.linked(at, input) : null;
        next = linked == null ? next : linked;
      }
      if (next == null) {
        start(at);
      } else {
        passed(at);
      }
      at = next;
    }
    return samplers;
  }

  private void start(Node node) {
    if (node.kind().startsWith("LoadImage")) {
      draft.initImage = nodes.text(node, "image");
    } else {
      draft.width = nodes.whole(node, "width");
      draft.height = nodes.whole(node, "height");
    }
  }

  /** Notes what changes the picture on its way: all but decoding, encoding and saving. */
  private void passed(Node node) {
    if (node.kind().startsWith("VAEDecode") || node.kind().equals("VAEEncode")) {
      Node vae = nodes.linked(node, "vae");
      if (vae != null && vae.inputs().has("vae_name")) {
        draft.vae = nodes.text(vae, "vae_name");
      }
    } else if (!isSampler(node) && ComfyNodes.link(node, "images") == null) {
      draft.unread.add(node.kind());
    }
  }

  private void sampler(Node node) {
    draft.steps = nodes.whole(node, "steps");
    draft.cfg = nodes.number(node, "cfg");
    draft.sampler = nodes.text(node, "sampler_name");
    draft.schedule = nodes.text(node, "scheduler");
    draft.denoise = nodes.number(node, "denoise");
    draft.seed = nodes.seed(node, node.inputs().has("noise_seed") ? "noise_seed" : "seed");
    Node noise = nodes.linked(node, "noise");
    if (noise != null) {
      draft.seed = nodes.seed(noise, "noise_seed");
    }
    Node kind = nodes.linked(node, "sampler");
    if (kind != null) {
      draft.sampler = nodes.text(kind, "sampler_name");
      if (draft.sampler == null) {
        draft.unread.add(kind.kind());
      }
    }
    Node sigmas = nodes.linked(node, "sigmas");
    if (sigmas != null) {
      draft.steps = nodes.whole(sigmas, "steps");
      draft.schedule = nodes.text(sigmas, "scheduler");
      draft.denoise = nodes.number(sigmas, "denoise");
      if (draft.schedule == null) {
        draft.unread.add(sigmas.kind());
      }
      nodes.linked(sigmas, "model");
    }
    if (draft.denoise == null) {
      draft.denoise = 1.0;
    }
    draft.cfg = draft.cfg == null ? nodes.number(guider(node), "cfg") : draft.cfg;
  }

  /** The node that knows model and conditioning: the sampler itself, or its guider. */
  private Node guider(Node sampler) {
    Node guider = nodes.linked(sampler, "guider");
    return guider == null ? sampler : guider;
  }

  private void stage(Node sampler) {
    String model = new ComfyModel(nodes).name(guider(sampler));
    draft.stages.add(new Stage(model, nodes.whole(sampler, "start_at_step"), nodes.whole(sampler, "end_at_step"),
        nodes.number(sampler, "denoise")));
  }

  private void model(Node guider) {
    ComfyModel model = new ComfyModel(nodes);
    draft.model = model.name(guider);
    draft.loras.addAll(model.loras());
    draft.unread.addAll(model.unread());
  }
}
