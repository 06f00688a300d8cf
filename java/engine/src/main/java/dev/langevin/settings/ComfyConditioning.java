package dev.langevin.settings;

import dev.langevin.settings.ComfyNodes.Link;
import dev.langevin.settings.ComfyNodes.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The prompts of a sampler, followed back from what it is guided to and away from. */
final class ComfyConditioning {

  private final ComfyNodes nodes;
  private final RecordedSettings.Draft draft;

  ComfyConditioning(ComfyNodes nodes, RecordedSettings.Draft draft) {
    this.nodes = nodes;
    this.draft = draft;
  }

  /** @param sampler with the inputs {@code positive} and {@code negative}, or {@code conditioning} alone */
  void read(Node sampler) {
    boolean both = sampler.inputs().has("positive");
    follow(sampler, both ? "positive" : "conditioning", "positive", draft.prompts);
    if (both) {
      List<String> negative = new ArrayList<>();
      follow(sampler, "negative", "negative", negative);
      draft.negative = negative.isEmpty() ? null : String.join("\n", negative);
      if (negative.size() > 1) {
        draft.unread.add("several negative prompts");
      }
    }
  }

  private void follow(Node from, String input, String side, List<String> texts) {
    Set<String> seen = new HashSet<>();
    List<Link> open = new ArrayList<>();
    add(from, input, open);
    while (!open.isEmpty()) {
      Link link = open.removeFirst();
      Node node = seen.add(link.id()) ? nodes.node(link.id()) : null;
      if (node != null) {
        node(node, side, texts, open);
      }
    }
  }

  private void node(Node node, String side, List<String> texts, List<Link> open) {
    switch (node.kind()) {
      case "CLIPTextEncode" -> {
        text(node, "text", texts);
        clip(node);
      }
      case "CLIPTextEncodeSDXL" -> {
        text(node, "text_g", texts);
        if (node.inputs().has("text_l") && !String.valueOf(nodes.text(node, "text_l"))
            .equals(nodes.text(node, "text_g"))) {
          draft.unread.add(node.kind() + " with two texts");
        }
        clip(node);
      }
      case "ConditioningCombine" -> {
        add(node, "conditioning_1", open);
        add(node, "conditioning_2", open);
      }
      case "FluxGuidance" -> {
        draft.guidance = nodes.number(node, "guidance");
        add(node, "conditioning", open);
      }
      case "ConditioningZeroOut" -> {
        if (side.equals("negative")) {
          draft.zeroedNegative = true; // whatever its text was
        } else {
          draft.unread.add(node.kind());
          add(node, "conditioning", open);
        }
      }
      default -> {
        draft.unread.add(node.kind());
        add(node, node.inputs().has(side) ? side : "conditioning", open);
        add(node, "conditioning_to", open);
        add(node, "conditioning_from", open);
        if (node.inputs().has("text")) {
          text(node, "text", texts);
        }
      }
    }
  }

  private void text(Node node, String input, List<String> texts) {
    String text = nodes.text(node, input);
    if (text != null) {
      texts.add(text);
    }
  }

  private static void add(Node node, String input, List<Link> open) {
    Link link = ComfyNodes.link(node, input);
    if (link != null) {
      open.add(link);
    }
  }

  /** The text encoder's layer, which a node on the way to its file may choose. */
  private void clip(Node encode) {
    Set<String> seen = new HashSet<>();
    for (Node at = nodes.linked(encode, "clip"); at != null && seen.add(at.id()); at = nodes.linked(at, "clip")) {
      if (at.kind().equals("CLIPSetLastLayer")) {
        Integer layer = nodes.whole(at, "stop_at_clip_layer");
        draft.clipSkip = layer == null ? null : Integer.valueOf(-layer);
      }
    }
  }
}
