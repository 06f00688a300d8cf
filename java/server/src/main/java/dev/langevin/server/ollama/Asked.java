package dev.langevin.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.cli.ServeOptions;
import dev.langevin.server.Fault;
import java.util.List;

/**
 * What a call of {@code /api/generate} asks for.
 *
 * @param width in pixels, as {@code height}; null for the model's usual
 * @param steps null for the model's usual
 * @param seed null for a drawn one
 */
record Asked(String prompt, Integer width, Integer height, Integer steps, Long seed, boolean streams) {

  /** Fields of text models, which a picture cannot honour. */
  private static final List<String> OF_TEXT = List.of("suffix", "system", "template", "context", "format", "raw",
      "think", "images", "logprobs", "top_logprobs");

  /** @throws Fault 400 naming a field that cannot be honoured */
  static Asked of(JsonNode body, ServeOptions options) {
    for (String name : OF_TEXT) {
      JsonNode value = body.path(name);
      boolean empty = value.isMissingNode() || value.isNull() || value.isBoolean() && !value.booleanValue()
          || value.isTextual() && value.textValue().isEmpty() || value.isContainerNode() && value.isEmpty()
          || value.isNumber() && value.doubleValue() == 0;
      if (!empty) {
        throw Fault.of(name, name + " is given, which means nothing for a picture of a text; leave it away");
      }
    }
    JsonNode prompt = body.path("prompt");
    if (!prompt.isMissingNode() && !prompt.isNull() && !prompt.isTextual()) {
      throw Fault.of("prompt", "prompt must be a text");
    }
    JsonNode stream = body.path("stream");
    if (!stream.isMissingNode() && !stream.isNull() && !stream.isBoolean()) {
      throw Fault.of("stream", "stream must be true or false");
    }
    JsonNode settings = body.path("options");
    if (!settings.isMissingNode() && !settings.isNull() && !settings.isObject()) {
      throw Fault.of("options", "options must be an object");
    }
    Long width = whole(body, "width", 0, 1 << 14);
    Long height = whole(body, "height", 0, 1 << 14);
    if (width != null && height != null && width * height > options.maxPixels) {
      throw Fault.of("width", "the picture has " + width * height + " pixels, more than the " + options.maxPixels
          + " of this server; ask for a smaller one");
    }
    return new Asked(prompt.asText(""), notZero(width), notZero(height),
        notZero(whole(body, "steps", 0, options.maxSteps)),
        seed(whole(settings, "seed", Long.MIN_VALUE, Long.MAX_VALUE)), !stream.isBoolean() || stream.booleanValue());
  }

  /** 0 is Ollama's word for what is usual. */
  private static Integer notZero(Long value) {
    return value == null || value == 0 ? null : Integer.valueOf(value.intValue());
  }

  /** -1, which clients send for none. */
  private static Long seed(Long value) {
    return value == null || value == -1 ? null : value;
  }

  private static Long whole(JsonNode object, String name, long least, long most) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    boolean whole = value.isNumber() && value.canConvertToExactIntegral() && value.canConvertToLong();
    if (!whole || value.longValue() < least || value.longValue() > most) {
      String text = value.isContainerNode() ? "no number" : value.toString();
      throw Fault.of(name, name + " is " + text.substring(0, Math.min(60, text.length()))
          + ", must be a whole number from " + least + " to " + most);
    }
    return value.longValue();
  }
}
