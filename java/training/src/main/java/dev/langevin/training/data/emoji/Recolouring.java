package dev.langevin.training.data.emoji;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Things in colours that the package does not have them in, such as a blue cat, from which a model learns what the name
 * of a colour does to a thing. Recoloured is what has mostly one hue and a short name; that hue is turned to another,
 * and those near it with it.
 */
final class Recolouring {

  /** @param hue in turns from red */
  private record Colour(String name, float hue, float saturation) {}

  private static final List<Colour> COLOURS = List.of(new Colour("red", 0, 1), new Colour("orange", 0.08f, 1),
      new Colour("yellow", 0.15f, 1), new Colour("green", 0.34f, 1), new Colour("blue", 0.6f, 1),
      new Colour("purple", 0.77f, 0.9f), new Colour("pink", 0.92f, 0.55f));

  private static final Set<String> CATEGORIES =
      Set.of("Animals & Nature", "Food & Drink", "Objects", "Travel & Places", "Activities");

  private static final Pattern NAMED = Pattern.compile("\\b(red|orange|yellow|green|blue|purple|pink)\\b");
  private static final Pattern OTHERWISE_COLOURED = Pattern.compile("black|white|gr[ae]y|brown|gold|silver|rainbow");
  private static final int LONGEST_NAME = 5; // words, the article among them

  private static final int BINS = 36;
  private static final float NEAR = 0.11f; // turns from the main hue
  private static final float VIVID = 0.75f; // least means of saturation and brightness
  private static final float BRIGHT = 0.85f;
  private static final double LEAST_SHARE = 0.6; // of what is coloured, near the main hue
  private static final double LEAST_COLOURED = 0.2; // of what is opaque, weighed by saturation

  private final EmojiCaptions captions;
  private final long seed;

  Recolouring(EmojiCaptions captions, long seed) {
    this.captions = captions;
    this.seed = seed;
  }

  /**
   * Recoloured examples.
   *
   * @param examples those of the package
   * @param count colours of each thing, drawn by the seed
   * @param pictures by file name, to which those of the new examples are added
   */
  List<EmojiExample> of(List<EmojiExample> examples, int count, Map<String, byte[]> pictures) throws IOException {
    if (count < 0 || count > COLOURS.size()) {
      throw new IllegalArgumentException(
          "colours a thing is recoloured in are " + count + "; there are 0 to " + COLOURS.size());
    }
    List<EmojiExample> made = new ArrayList<>();
    for (EmojiExample example : count == 0 ? List.<EmojiExample>of() : examples) {
      String name = example.captions().getFirst();
      BufferedImage image = isThing(example.entry(), name)
          ? ImageIO.read(new ByteArrayInputStream(pictures.get(example.file()))) : null;
      Main main = image == null ? null : main(image);
      if (main == null) {
        continue;
      }
      List<Colour> colours = new ArrayList<>(COLOURS);
      Collections.shuffle(colours, new Random(seed * 31 + example.file().hashCode()));
      for (Colour colour : colours.subList(0, count)) {
        String file = example.file().replace(".png", "-" + colour.name + ".png");
        pictures.put(file, png(turned(image, main, colour)));
        made.add(new EmojiExample(example.entry(), new EmojiEntry.Picture("", file),
            captions.of(named(name, colour)), example.mayBeMirrored()));
      }
    }
    return made;
  }

  private static boolean isThing(EmojiEntry entry, String name) {
    return CATEGORIES.contains(entry.category()) && name.matches("an? .*") && name.split(" ").length <= LONGEST_NAME
        && !OTHERWISE_COLOURED.matcher(name).find();
  }

  private static String named(String name, Colour colour) {
    Matcher already = NAMED.matcher(name);
    return Grammar.article(already.find() ? already.replaceFirst(colour.name)
        : "a " + colour.name + " " + Grammar.withoutArticle(name));
  }

  /** What is mostly there, by means over what is near its hue: hue in turns, saturation and brightness to 1. */
  private record Main(float hue, float saturation, float brightness) {}

  /** Null where there are several hues, or hardly any. */
  private static Main main(BufferedImage image) {
    double[] weights = new double[BINS];
    double[] saturations = new double[BINS];
    double[] brightnesses = new double[BINS];
    double opaque = 0;
    for (int argb : image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth())) {
      if (argb >>> 24 > 127) {
        float[] hsb = hsb(argb);
        int bin = (int) (hsb[0] * BINS) % BINS;
        float weight = hsb[1] * hsb[2];
        weights[bin] += weight;
        saturations[bin] += weight * hsb[1];
        brightnesses[bin] += weight * hsb[2];
        opaque++;
      }
    }
    int most = 0;
    for (int i = 1; i < BINS; i++) {
      most = near(weights, i) > near(weights, most) ? i : most;
    }
    double all = Arrays.stream(weights).sum();
    double near = near(weights, most);
    return all < LEAST_COLOURED * opaque || near < LEAST_SHARE * all ? null : new Main((most + 0.5f) / BINS,
        (float) (near(saturations, most) / near), (float) (near(brightnesses, most) / near));
  }

  private static double near(double[] bins, int at) {
    double sum = 0;
    for (int i = at - 2; i <= at + 2; i++) {
      sum += bins[Math.floorMod(i, BINS)];
    }
    return sum;
  }

  private static BufferedImage turned(BufferedImage image, Main from, Colour to) {
    float saturation = to.saturation * Math.max(1, VIVID / from.saturation);
    float brightness = Math.max(1, BRIGHT / from.brightness); // a dark orange is called brown
    BufferedImage turned = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int argb = image.getRGB(x, y);
        float[] hsb = hsb(argb);
        float away = hsb[0] - from.hue - Math.round(hsb[0] - from.hue);
        if (Math.abs(away) <= NEAR) { // differences of hue are halved: shades of one colour, not two
          argb = argb & 0xff000000
              | 0xffffff & Color.HSBtoRGB(to.hue + away / 2, Math.min(1, hsb[1] * saturation),
                  Math.min(1, hsb[2] * brightness));
        }
        turned.setRGB(x, y, argb);
      }
    }
    return turned;
  }

  private static float[] hsb(int argb) {
    return Color.RGBtoHSB(argb >> 16 & 255, argb >> 8 & 255, argb & 255, null);
  }

  private static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }
}
