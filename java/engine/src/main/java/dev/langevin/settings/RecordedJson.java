package dev.langevin.settings;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigInteger;

/** How JSON in pictures is read: with Python's NaN and infinities, whole, and with Jackson's limits on its depth. */
final class RecordedJson {

  static final JsonMapper MAPPER = JsonMapper
      .builder(new JsonFactoryBuilder().recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build())
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private RecordedJson() {}

  /** The object that a text is, or null where it is none. */
  static JsonNode object(String text) {
    if (text == null || !text.stripLeading().startsWith("{")) {
      return null;
    }
    try {
      JsonNode node = MAPPER.readTree(text);
      return node != null && node.isObject() ? node : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /** A text, or null. */
  static String text(JsonNode node) {
    return node.isTextual() ? node.textValue() : null;
  }

  /** A finite number, or null. */
  static Double number(JsonNode node) {
    return node.isNumber() && Double.isFinite(node.doubleValue()) ? Double.valueOf(node.doubleValue()) : null;
  }

  /** A whole number of 32 bits, or null. */
  static Integer whole(JsonNode node) {
    Double number = number(node);
    return number != null && number == (int) number.doubleValue() ? Integer.valueOf((int) number.doubleValue()) : null;
  }

  /** A whole number, or null. */
  static BigInteger seed(JsonNode node) {
    return node.isIntegralNumber() ? node.bigIntegerValue() : null;
  }
}
