package dev.langevin.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFormat;
import dev.langevin.request.LoadOptions.Lora;
import dev.langevin.server.Fault;
import dev.langevin.server.Fields;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client asks for, checked as far as the model need not be known for it.
 *
 * @param size {@code WxH} as it was asked, or {@code auto}
 * @param width in pixels, as {@code height}, or 0 for the model's or the picture's own
 * @param quality {@code low}, {@code medium} or {@code high}
 * @param steps or null for what the quality makes of the family's
 * @param compression quality of JPEG and WebP, or null
 * @param byUrl whether pictures are fetched by the client later
 * @param partials pictures on the way that are sent, 0 to 3
 * @param image to begin with or to vary, or null
 * @param mask of the same size, or null
 */
record ImageRequest(
    Kind kind, ServedModel model, String prompt, String negative, int n, String size, int width, int height,
    String quality, Integer steps, Double guidance, String sampler, String schedule, Double strength, long seed,
    List<Lora> loras, PictureFormat format, Integer compression, boolean byUrl, boolean stream, int partials,
    DecodedImage image, DecodedImage mask) {

  /** What is to be made. */
  enum Kind {
    GENERATION("image_generation"),
    EDIT("image_edit"),
    VARIATION("image_variation");

    final String event;

    Kind(String event) {
      this.event = event;
    }
  }

  private static final Pattern SIZE = Pattern.compile("(\\d{1,5})x(\\d{1,5})");
  private static final Map<String, PictureFormat> FORMATS =
      Map.of("png", PictureFormat.PNG, "jpeg", PictureFormat.JPEG, "webp", PictureFormat.WEBP);

  /** Most letters of a prompt, as OpenAI has it. */
  private static final int MAX_PROMPT = 32_000;

  /** Larger ones lose digits in what many clients read JSON with. */
  private static final long MAX_SEED = (1L << 53) - 1;

  static ImageRequest of(Kind kind, Fields fields, DecodedImage image, DecodedImage mask, ServerContext server) {
    ServedModel model = server.models().find(fields.text("model"));
    String prompt = prompt(fields, "prompt");
    if (prompt == null && kind != Kind.VARIATION) {
      throw Fault.of("prompt", "Missing required parameter: 'prompt'");
    }
    String size = fields.text("size");
    int[] sides = size(size, server.options().maxPixels);
    PictureFormat format =
        FORMATS.get(fields.oneOf("output_format", "png", List.of("png", "jpeg", "webp")));
    Integer compression = fields.count("output_compression", 0, 100);
    if (compression != null && !format.hasQuality()) {
      if (compression != 100) { // which clients send as the usual
        throw Fault.of("output_compression", "output_compression is for jpeg and webp; output_format is png");
      }
      compression = null;
    }
    if (fields.oneOf("background", "auto", List.of("auto", "opaque", "transparent")).equals("transparent")) {
      throw Fault.of("background", "background transparent is not possible: the models here paint every pixel");
    }
    boolean stream = fields.flag("stream");
    Integer partials = fields.count("partial_images", 0, 3);
    if (partials != null && partials > 0 && !stream) {
      throw Fault.of("partial_images", "partial_images is for stream true");
    }
    for (String without : List.of("style", "moderation", "user")) {
      fields.text(without); // is nothing to a model that runs here
    }
    Integer n = fields.count("n", 1, server.options().maxPictures);
    Long seed = fields.whole("seed", 0, MAX_SEED);
    String negative = prompt(fields, "negative_prompt");
    ImageRequest request = new ImageRequest(kind, model, prompt, negative, n == null ? 1 : n,
        size == null ? "auto" : size, sides[0], sides[1],
        quality(fields), fields.count("steps", 1, server.options().maxSteps), fields.number("guidance", -100, 100),
        fields.text("sampler"), fields.text("schedule"), strength(fields, kind),
        seed == null ? ThreadLocalRandom.current().nextLong(1L << 32) : seed, loras(fields, prompt, server), format,
        compression, fields.oneOf("response_format", "b64_json", List.of("b64_json", "url")).equals("url"), stream,
        partials == null ? 0 : partials, image, mask);
    fields.requireAllRead();
    return request;
  }

  /** What it holds of memory, about. */
  long bytes() {
    long texts = 2L * ((prompt == null ? 0 : prompt.length()) + (negative == null ? 0 : negative.length()));
    return texts + (image == null ? 0 : image.samples().length) + (mask == null ? 0 : mask.samples().length);
  }

  private static String prompt(Fields fields, String name) {
    String prompt = fields.text(name);
    if (prompt != null && prompt.length() > MAX_PROMPT) {
      throw Fault.of(name, name + " has " + prompt.length() + " letters, " + MAX_PROMPT + " at most");
    }
    return prompt;
  }

  private static Double strength(Fields fields, Kind kind) {
    Double strength = fields.number("strength", 0, 1);
    if (strength != null && (strength == 0 || kind != Kind.EDIT)) {
      throw Fault.of("strength", strength == 0 ? "strength is 0, must be above" : "strength is for edits");
    }
    return strength;
  }

  private static String quality(Fields fields) {
    String quality =
        fields.oneOf("quality", "auto", List.of("auto", "low", "medium", "high", "standard", "hd"));
    return switch (quality) {
      case "auto", "standard" -> "medium";
      case "hd" -> "high";
      default -> quality;
    };
  }

  private static int[] size(String size, long maxPixels) {
    if (size == null || size.equals("auto")) {
      return new int[2];
    }
    Matcher matcher = SIZE.matcher(size);
    if (!matcher.matches()) {
      throw Fault.of("size", "size must be auto or such as 512x512");
    }
    int width = Integer.parseInt(matcher.group(1));
    int height = Integer.parseInt(matcher.group(2));
    if (width < 1 || height < 1 || (long) width * height > maxPixels) {
      throw Fault.of("size", "size is " + size + ", must be from 1 to " + maxPixels + " pixels");
    }
    return new int[] {width, height};
  }

  private static List<Lora> loras(Fields fields, String prompt, ServerContext server) {
    List<Lora> loras = new ArrayList<>(server.loras().of(prompt));
    JsonNode named = fields.node("loras");
    if (named == null) {
      return loras;
    }
    if (!named.isArray()) {
      throw Fault.of("loras", "loras must be a list of {\"name\": ..., \"weight\": ...}");
    }
    for (JsonNode each : named) {
      Fields lora = new Fields(each);
      String name = lora.text("name");
      Double weight = lora.number("weight", -100, 100);
      if (name == null) {
        throw Fault.of("loras", "loras: one has no name");
      }
      lora.requireAllRead();
      loras.add(new Lora(server.loras().find(name), weight == null ? 1 : weight));
    }
    return loras;
  }

  /** A picture that is sent in JSON: {@code {"image_url": "data:..."}}, or the data URL alone. */
  static DecodedImage picture(String field, JsonNode sent, ServerContext server) {
    JsonNode url = sent.isObject() ? sent.get("image_url") : sent;
    if (sent.has("file_id")) {
      throw Fault.of(field, field + " names a file_id; there are no files here, send the picture as a data URL");
    }
    if (url == null || !url.isTextual()) {
      throw Fault.of(field, field + " must have an image_url with the picture as a data URL");
    }
    return Pictures.decode(field, Pictures.fromBase64(field, url.textValue()), server.options().maxPixels);
  }
}
