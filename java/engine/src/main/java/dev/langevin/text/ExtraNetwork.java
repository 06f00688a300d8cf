package dev.langevin.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network that a prompt calls in AUTOMATIC1111's notation, {@code <lora:name:0.8>}. Such tags are no part of the text
 * that is encoded.
 *
 * @param tag as it stands in the prompt
 * @param kind {@code lora}, {@code lyco} and the like
 * @param name of the network
 * @param textWeight of its updates of text encoders: the first number, {@code te=} or 1
 * @param weight of those of the U-Net: the second number, {@code unet=} or the first
 */
public record ExtraNetwork(String tag, String kind, String name, double textWeight, double weight) {

  private static final Pattern TAG = Pattern.compile("<(\\w+):([^>]+)>", Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * What a prompt calls, in order.
   *
   * @throws IllegalArgumentException if a weight is no number
   */
  public static List<ExtraNetwork> of(String prompt) {
    List<ExtraNetwork> networks = new ArrayList<>();
    Matcher tag = TAG.matcher(prompt);
    while (tag.find()) {
      networks.add(read(tag.group(), tag.group(1), tag.group(2)));
    }
    return networks;
  }

  /** The prompt without its tags. */
  public static String without(String prompt) {
    return TAG.matcher(prompt).replaceAll("");
  }

  /** Whether it is of updates of low rank or their kin. */
  public boolean updates() {
    return kind.equals("lora") || kind.equals("lyco");
  }

  private static ExtraNetwork read(String tag, String kind, String arguments) {
    List<String> unnamed = new ArrayList<>();
    Double text = null;
    Double unet = null;
    boolean updates = kind.equals("lora") || kind.equals("lyco");
    for (String argument : arguments.split(":", -1)) {
      int equals = argument.indexOf('=');
      String key = equals < 0 ? "" : argument.substring(0, equals);
      if (updates && key.equals("te")) {
        text = number(tag, argument.substring(equals + 1));
      } else if (updates && key.equals("unet")) {
        unet = number(tag, argument.substring(equals + 1));
      } else if (updates && equals >= 0) {
        throw new IllegalArgumentException(
            "the prompt's " + tag + " asks for " + key + ", which is not known here; te= and unet= are");
      } else {
        unnamed.add(argument);
      }
    }
    String name = unnamed.isEmpty() ? "" : unnamed.getFirst();
    if (!updates) {
      return new ExtraNetwork(tag, kind, name, 1, 1);
    }
    if (text == null) {
      text = unnamed.size() > 1 ? number(tag, unnamed.get(1)) : 1;
    }
    if (unet == null) {
      unet = unnamed.size() > 2 ? number(tag, unnamed.get(2)) : text;
    }
    return new ExtraNetwork(tag, kind, name, text, unet);
  }

  private static double number(String tag, String text) {
    Double number = Numbers.parse(text);
    if (number == null || !Double.isFinite(number)) {
      throw new IllegalArgumentException(
          "the prompt's " + tag + " has the weight '" + text + "', which is no number; write one such as 0.8");
    }
    return number;
  }
}
