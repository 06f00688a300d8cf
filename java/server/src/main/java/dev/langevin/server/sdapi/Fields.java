package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of a JSON object, each with its type and range. A null is as if the field were not there; numbers and
 * flags may be written as texts and flags as 0 and 1, as pydantic reads them. Remembers what was read. Not thread-safe.
 */
public final class Fields {

  /** Most letters of a value that a message repeats. */
  private static final int MOST_REPEATED = 60;

  private final JsonNode object;
  private final String within;
  private final Set<String> read = new HashSet<>();

  private Fields(JsonNode object, String within) {
    this.object = object;
    this.within = within;
  }

  /**
   * Of a request's body.
   *
   * @throws Fault if it is no object
   */
  public static Fields of(JsonNode body) {
    return of(body, "");
  }

  /** @param within what comes before the fields' names in messages, with the point behind it */
  static Fields of(JsonNode node, String within) {
    if (node == null || !node.isObject()) {
      throw Refusal.of((within.isEmpty() ? "the request's body" : within.substring(0, within.length() - 1)) + " is "
          + (node == null || node.isMissingNode() ? "empty" : shortened(node)) + ", must be a JSON object");
    }
    return new Fields(node, within);
  }

  /** The value, or a missing node in the place of a null. */
  public JsonNode get(String name) {
    read.add(name);
    JsonNode value = object.path(name);
    return value.isNull() ? JsonNodeFactory.instance.missingNode() : value;
  }

  /** Whether there is a value. */
  public boolean has(String name) {
    return !get(name).isMissingNode();
  }

  /** The first of the names that has a value, or the first. */
  String oneOf(String... names) {
    for (String name : names) {
      if (has(name)) {
        return name;
      }
    }
    return names[0];
  }

  /** A text, or {@code usual} where the field is missing. */
  public String text(String name, String usual) {
    JsonNode value = get(name);
    if (value.isMissingNode()) {
      return usual;
    }
    return value.isTextual() ? value.textValue() : wrong(name, value, "a text");
  }

  /** A truth value, or {@code usual} where the field is missing. */
  public boolean flag(String name, boolean usual) {
    JsonNode value = get(name);
    if (value.isMissingNode()) {
      return usual;
    }
    String text = value.asText();
    if (value.isContainerNode() || !text.matches("(?i)true|false|0|1|on|off|yes|no")) {
      return wrong(name, value, "true or false");
    }
    return text.matches("(?i)true|1|on|yes");
  }

  /** A whole number in [least, most], or {@code usual} where the field is missing. */
  public int whole(String name, int usual, int least, int most) {
    return (int) longer(name, usual, least, most);
  }

  /** As {@link #whole} for a long. */
  public long longer(String name, long usual, long least, long most) {
    JsonNode value = get(name);
    if (value.isMissingNode()) {
      return usual;
    }
    String allowed = "a whole number from " + least + " to " + most;
    Double number = number(value);
    if (number == null || number != Math.rint(number) || number < least || number > most) {
      return wrong(name, value, allowed);
    }
    return value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : number.longValue();
  }

  /** A number in [least, most], or {@code usual} where the field is missing. */
  public Double number(String name, Double usual, double least, double most) {
    JsonNode value = get(name);
    if (value.isMissingNode()) {
      return usual;
    }
    Double number = number(value);
    return number != null && number >= least && number <= most ? number
        : wrong(name, value, "a number from " + least + " to " + most);
  }

  private static Double number(JsonNode value) {
    if (value.isTextual() && !value.textValue().strip().matches("[-+]?\\d{1,20}(\\.\\d{0,20})?([eE][-+]?\\d{1,3})?")) {
      return null;
    }
    if (value.isTextual() || value.isNumber()) {
      double number = value.isTextual() ? Double.parseDouble(value.textValue().strip()) : value.doubleValue();
      return Double.isFinite(number) ? number : null;
    }
    return value.isBoolean() ? Double.valueOf(value.booleanValue() ? 1 : 0) : null;
  }

  /** A list of texts; empty where the field is missing. */
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (JsonNode each : list(name)) {
      texts.add(each.isTextual() ? each.textValue() : wrong(name, each, "a list of texts"));
    }
    return texts;
  }

  /** The elements of a list; none where the field is not there. */
  public List<JsonNode> list(String name) {
    JsonNode value = get(name);
    List<JsonNode> elements = new ArrayList<>();
    if (!value.isMissingNode() && !value.isArray()) {
      return wrong(name, value, "a list");
    }
    value.forEach(elements::add);
    return elements;
  }

  /** An object's fields; none where the field is not there. */
  public Fields object(String name) {
    JsonNode value = get(name);
    return of(value.isMissingNode() ? JsonNodeFactory.instance.objectNode() : value, within + name + ".");
  }

  /** All fields, whether they were read or not. */
  Set<Map.Entry<String, JsonNode>> all() {
    return object.properties();
  }

  /** Names of fields with a value that nothing has asked for, with what stands before them. */
  public List<String> unread() {
    return object.properties().stream().filter(field -> !read.contains(field.getKey()) && !field.getValue().isNull())
        .map(field -> within + field.getKey()).toList();
  }

  /**
   * Refuses a value; it has a type so that it can stand where one is expected.
   *
   * @throws Fault always: it names the field, the value and what it must be
   */
  public <T> T wrong(String name, JsonNode value, String allowed) {
    throw Refusal.of(within + name + " is " + shortened(value) + ", must be " + allowed);
  }

  /** The name with what it lies within, for messages. */
  String whole(String name) {
    return within + name;
  }

  private static String shortened(JsonNode value) {
    String text = value.isContainerNode() ? value.isArray() ? "a list" : "an object" : value.toString();
    return text.length() <= MOST_REPEATED ? text : text.substring(0, MOST_REPEATED) + "...";
  }
}
