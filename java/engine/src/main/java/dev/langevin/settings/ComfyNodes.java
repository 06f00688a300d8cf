package dev.langevin.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The nodes of a ComfyUI graph as its API takes it: {@code {"3": {"class_type": "KSampler", "inputs": {"steps": 20,
 * "model": ["4", 0]}}}}, where a list of a node's name and a number is a link. Remembers which nodes were read.
 */
final class ComfyNodes {

  /** Links that are followed for one value, which stops long and circular chains. */
  private static final int LONGEST_CHAIN = 1000;

  /** Most letters that joined texts may have. */
  private static final int LONGEST_TEXT = 1 << 20;

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Set<String> read = new HashSet<>();

  /** One node. */
  record Node(String id, String kind, JsonNode inputs) {}

  /** A link's node and which of its results is meant. */
  record Link(String id, int slot) {}

  ComfyNodes(JsonNode graph) {
    graph.properties().forEach(each -> {
      JsonNode kind = each.getValue().path("class_type");
      if (kind.isTextual()) {
        nodes.put(each.getKey(), new Node(each.getKey(), kind.textValue(), each.getValue().path("inputs")));
      }
    });
  }

  Iterable<Node> all() {
    return nodes.values();
  }

  boolean isEmpty() {
    return nodes.isEmpty();
  }

  /** The node that an input is linked to, which counts as read; null where it is a value, or linked to none. */
  Node linked(Node node, String input) {
    Link link = link(node, input);
    return link == null ? null : node(link.id());
  }

  /** A node by its name, which counts as read. */
  Node node(String id) {
    Node found = nodes.get(id);
    if (found != null) {
      read.add(id);
    }
    return found;
  }

  static Link link(Node node, String input) {
    JsonNode value = node.inputs().path(input);
    return value.isArray() && value.size() == 2 && value.get(1).isInt() ? new Link(value.get(0).asText(),
        value.get(1).intValue()) : null;
  }

  /** All that an input's node hangs on, itself included, that has not been read. */
  List<Node> unread(Node from) {
    List<Node> unread = new ArrayList<>();
    Set<String> seen = new HashSet<>(Set.of(from.id()));
    List<Node> open = new ArrayList<>(List.of(from));
    while (!open.isEmpty()) {
      Node node = open.removeLast();
      if (!read.contains(node.id())) {
        unread.add(node);
      }
      node.inputs().fieldNames().forEachRemaining(input -> {
        Link link = link(node, input);
        if (link != null && nodes.containsKey(link.id()) && seen.add(link.id())) {
          open.add(nodes.get(link.id()));
        }
      });
    }
    return unread;
  }

  /** An input's value, which may come from other nodes; missing where it ends nowhere. */
  JsonNode value(Node node, String input) {
    Node at = node;
    String name = input;
    for (int i = 0; i < LONGEST_CHAIN && at != null; i++) {
      Link link = link(at, name);
      if (link == null) {
        return at.inputs().path(name);
      }
      at = node(link.id());
      name = at == null ? name : valueInput(at, name);
    }
    return RecordedJson.MAPPER.missingNode();
  }

  /** The input by which a node of a value, such as PrimitiveInt, holds it. */
  private static String valueInput(Node node, String wanted) {
    for (String name : List.of("value", wanted, "text", "string", "prompt", "seed", "int", "float", "number")) {
      if (node.inputs().has(name)) {
        return name;
      }
    }
    return wanted;
  }

  String text(Node node, String input) {
    StringBuilder text = new StringBuilder();
    return text(node, input, text, 0) ? text.toString() : null;
  }

  /** Texts that other nodes join are joined. */
  private boolean text(Node node, String input, StringBuilder into, int depth) {
    Node from = linked(node, input);
    if (from == null || !from.kind().equals("StringConcatenate")) {
      JsonNode value = value(node, input);
      into.append(value.asText());
      return value.isTextual() && into.length() < LONGEST_TEXT;
    }
    if (depth == 16 || !text(from, "string_a", into, depth + 1)) {
      return false;
    }
    into.append(from.inputs().path("delimiter").asText());
    return text(from, "string_b", into, depth + 1);
  }

  Integer whole(Node node, String input) {
    return RecordedJson.whole(value(node, input));
  }

  Double number(Node node, String input) {
    return RecordedJson.number(value(node, input));
  }

  BigInteger seed(Node node, String input) {
    return RecordedJson.seed(value(node, input));
  }
}
