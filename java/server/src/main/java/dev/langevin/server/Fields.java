package dev.langevin.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The fields of a request's body, read by name with their types and ranges; a null in the body is a field that is not
 * there. In a form all values are texts, so numbers may be texts too. One thread.
 */
public final class Fields {

  private final JsonNode body;
  private final Set<String> read = new HashSet<>();

  /**
   * Parses a body of JSON.
   *
   * @throws Fault 400 unless the text is one JSON object
   */
  public static Fields of(String json) {
    try {
      JsonNode body = ServerContext.JSON.readTree(json);
      if (!(body instanceof ObjectNode)) {
        throw new Fault(Fault.BAD_REQUEST, "invalid_json", "the body must be a JSON object");
      }
      return new Fields(body);
    } catch (JsonProcessingException e) {
      throw new Fault(Fault.BAD_REQUEST, "invalid_json", "the body is no JSON: " + e.getOriginalMessage());
    }
  }

  /** Fields of an object that was parsed already, and is not copied. */
  public Fields(JsonNode object) {
    body = object;
  }

  /** The field's node, or null. */
  public JsonNode node(String name) {
    read.add(name);
    JsonNode node = body.get(name);
    return node == null || node.isNull() ? null : node;
  }

  /** Whether the body has a field of that name, which then counts as read; null is none. */
  public boolean has(String name) {
    return node(name) != null;
  }

  /** A text, or null. */
  public String text(String name) {
    JsonNode node = node(name);
    if (node != null && !node.isTextual()) {
      throw Fault.of(name, name + " must be a string");
    }
    return node == null ? null : node.textValue();
  }

  /** One of some texts. */
  public String oneOf(String name, String otherwise, List<String> allowed) {
    String text = text(name);
    if (text != null && !allowed.contains(text)) {
      throw Fault.of(name, name + " is '" + cut(text) + "', must be one of " + String.join(", ", allowed));
    }
    return text == null ? otherwise : text;
  }

  /** A whole number in a range, or null. */
  public Long whole(String name, long least, long most) {
    JsonNode node = node(name);
    if (node == null) {
      return null;
    }
    Long number = null;
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      number = node.longValue();
    } else if (node.isFloatingPointNumber() && node.doubleValue() == Math.rint(node.doubleValue())
        && Math.abs(node.doubleValue()) < 1L << 53) {
      number = (long) node.doubleValue();
    } else if (node.isTextual() && node.textValue().matches("-?\\d{1,18}")) {
      number = Long.valueOf(node.textValue());
    }
    if (number == null || number < least || number > most) {
      throw Fault.of(name,
          name + " is " + cut(node.asText()) + ", must be a whole number from " + least + " to " + most);
    }
    return number;
  }

  /** As {@link #whole} for an int. */
  public Integer count(String name, int least, int most) {
    Long number = whole(name, least, most);
    return number == null ? null : Math.toIntExact(number);
  }

  /** A number in a range, or null. */
  public Double number(String name, double least, double most) {
    JsonNode node = node(name);
    if (node == null) {
      return null;
    }
    double number = Double.NaN;
    if (node.isNumber()) {
      number = node.doubleValue();
    } else if (node.isTextual()) {
      try {
        number = Double.parseDouble(node.textValue());
      } catch (NumberFormatException e) {
        number = Double.NaN; // refused below
      }
    }
    if (!(number >= least && number <= most)) {
      throw Fault.of(name, name + " is " + cut(node.asText()) + ", must be a number from " + least + " to " + most);
    }
    return number;
  }

  /** A truth value. */
  public boolean flag(String name) {
    JsonNode node = node(name);
    if (node == null) {
      return false;
    }
    if (node.isTextual() && List.of("true", "false").contains(node.textValue())) {
      return node.textValue().equals("true");
    }
    if (!node.isBoolean()) {
      throw Fault.of(name, name + " must be true or false");
    }
    return node.booleanValue();
  }

  /**
   * Refuses a body with a field that nobody has asked for.
   *
   * @throws Fault 400 naming the field
   */
  public void requireAllRead() {
    body.fieldNames().forEachRemaining(name -> {
      if (!read.contains(name)) {
        throw Fault.of(name, "Unknown parameter: '" + cut(name) + "'");
      }
    });
  }

  private static String cut(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
