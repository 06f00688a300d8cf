package dev.langevin.training.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Things of one colour in other colours, and captions that say so. */
class RecolouringTest {

  private static final EmojiCaptions CAPTIONS = new EmojiCaptions(0);

  private final Map<String, byte[]> pictures = new HashMap<>();

  private List<EmojiExample> recoloured(String name, String shortName, String category, Color... stripes)
      throws IOException {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = image.createGraphics();
    for (int i = 0; i < stripes.length; i++) {
      graphics.setColor(stripes[i]);
      graphics.fillRect(0, 8 * i, 64, 8);
    }
    graphics.dispose();
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    EmojiEntry entry = FakePackage.parsed(name, shortName, category, "none");
    pictures.put("1f34e.png", png.toByteArray());
    return new Recolouring(CAPTIONS, 0).of(EmojiExample.list(List.of(entry), CAPTIONS), 7, pictures);
  }

  @ParameterizedTest
  @CsvSource({"red, 0", "yellow, 0.15", "green, 0.34", "blue, 0.6", "purple, 0.77"})
  void shouldTurnTheMainColourAndSaySo(String colour, float hue) throws IOException {
    List<EmojiExample> made = recoloured("RED APPLE", "apple", "Food & Drink", new Color(220, 20, 20),
        new Color(160, 10, 10), new Color(200, 30, 20), new Color(30, 160, 30));
    EmojiExample one = made.stream().filter(example -> example.file().equals("1f34e-" + colour + ".png")).findFirst()
        .orElseThrow();
    assertThat(one.captions()).startsWith("a " + colour + " apple", colour + " apple")
        .contains("a picture of a " + colour + " apple").doesNotHaveDuplicates();
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(pictures.get(one.file())));
    for (int y : new int[] {4, 12, 20}) {
      Color pixel = new Color(image.getRGB(5, y));
      float found = Color.RGBtoHSB(pixel.getRed(), pixel.getGreen(), pixel.getBlue(), null)[0];
      assertThat(Math.abs(found - hue - Math.round(found - hue))).as("row %d: hue %f", y, found).isLessThan(0.04f);
    }
    assertThat(image.getRGB(5, 28)).as("the green stripe").isEqualTo(new Color(30, 160, 30).getRGB());
    assertThat(image.getRGB(5, 60)).as("what is transparent").isZero();
  }

  @Test
  void shouldLeaveAloneWhatIsNoThingOfOneColour() throws IOException {
    Color red = Color.RED;
    assertThat(recoloured("DOG FACE", "dog", "Animals & Nature", red)).hasSize(7);
    assertThat(recoloured("DOG FACE", "dog", "Animals & Nature", red, Color.GREEN, Color.BLUE)).isEmpty();
    assertThat(recoloured("DOG FACE", "dog", "Animals & Nature", Color.GRAY)).isEmpty();
    assertThat(recoloured("DOG FACE", "dog", "Smileys & Emotion", red)).isEmpty();
    assertThat(recoloured("BLACK CAT", "black_cat", "Animals & Nature", red)).isEmpty();
  }

  @Test
  void shouldRefuseMoreColoursThanThereAre() {
    assertThatThrownBy(() -> new Recolouring(CAPTIONS, 0).of(List.of(), 8, pictures))
        .hasMessage("colours a thing is recoloured in are 8; there are 0 to 7");
  }
}
