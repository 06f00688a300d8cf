package dev.langevin.training.data.emoji;

import static dev.langevin.training.data.emoji.FakePackage.parsed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names as Unicode writes them become captions as people write prompts. */
class EmojiCaptionsTest {

  private final EmojiCaptions captions = new EmojiCaptions(0);

  private List<String> of(EmojiEntry entry) {
    return captions.of(entry, entry.pictures().getFirst());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "RED APPLE|apple|a red apple",
      "FACE WITH TEARS OF JOY|joy|a face with tears of joy",
      "DOG|dog2|a dog",
      "GRAPES|grapes|grapes",
      "SLICE OF PIZZA|pizza|a slice of pizza",
      "OCTOPUS|octopus|an octopus",
      "UNICORN FACE|unicorn_face|a unicorn face",
      "SQUARED SOS|sos|an SOS button",
      "HOURGLASS|hourglass|an hourglass",
      "BLACK HEART|black_heart|a black heart",
      "keycap: 7|seven|the number seven",
      "CLOCK FACE THREE OCLOCK|clock3|a clock showing three o'clock",
      "CLOCK FACE TWELVE-THIRTY|clock1230|a clock showing half past twelve",
      "MAN RUNNING|man-running|a man running",
      "OLDER ADULT|older_adult|an older person",
      "WOMAN TECHNOLOGIST|female-technologist|a female technologist",
      "TECHNOLOGIST|technologist|a technologist",
      "ARTIST|artist|an artist",
      "WOMAN: RED HAIR|red_haired_woman|a woman with red hair",
      "FAMILY: MAN, WOMAN, GIRL, BOY|man-woman-girl-boy|a family of a man, a woman, a girl and a boy",
      "FAMILY: WOMAN, WOMAN, BOY, BOY|woman-woman-boy-boy|a family of two women and two boys",
      "FAMILY: ADULT, CHILD, CHILD|of_three|a family of an adult and two children",
      "KISS: MAN, MAN|man-kiss-man|two men kissing",
      "COUPLE WITH HEART: WOMAN, MAN|woman-heart-man|a woman and a man with a heart",
      "GLASS EYE SYMBOL|unheard_of|a glass eye",
      "ODD SOCKS|unheard_of|odd socks",
  })
  void shouldPutTheCanonicalCaptionFirst(String name, String shortName, String caption) {
    assertThat(of(parsed(name, shortName, "Objects", "other-object"))).first().isEqualTo(caption);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "Japan Flag|jp|the flag of Japan|flag of Japan",
      "Japan Flag|jp|the flag of Japan|the Japanese flag",
      "United States Flag|us|the flag of the United States|the flag of America",
      "Netherlands Flag|flag-nl|the flag of the Netherlands|the Dutch flag",
      "Türkiye Flag|flag-tr|the flag of Türkiye|the flag of Turkey",
      "Myanmar (Burma) Flag|flag-mm|the flag of Myanmar|the flag of Burma",
      "Congo - Kinshasa Flag|flag-cd|the flag of Congo Kinshasa|the Congolese flag",
      "Antigua & Barbuda Flag|flag-ag|the flag of Antigua and Barbuda|the Antigua and Barbuda flag",
      "Hong Kong SAR China Flag|flag-hk|the flag of Hong Kong|the Hong Kong flag",
      "U.S. Virgin Islands Flag|flag-vi|the flag of the US Virgin Islands|flag of the US Virgin Islands",
  })
  void shouldNameFlagsByTheirCountry(String name, String shortName, String canonical, String other) {
    assertThat(of(parsed(name, shortName, "Flags", "country-flag"))).contains(other).first().isEqualTo(canonical);
  }

  /** Catches a table that lost a phrase that prompts are made of. */
  @ParameterizedTest
  @CsvSource({"apple,a red apple", "apple,an apple", "slightly_smiling_face,a smiling face", "dog,a dog", "dog2,a dog",
      "car,a red car",
      "blue_heart,a blue heart", "crying_cat_face,a cat face crying", "pizza,pizza", "rainbow,a rainbow",
      "house,a house",
      "snowman,a snowman in winter", "heart,a heart", "cat2,a cat", "+1,thumbs up", "alien,an alien",
      "rocket,a rocket"})
  void shouldKnowWhatPeopleType(String shortName, String prompt) {
    assertThat(of(parsed(shortName.toUpperCase(java.util.Locale.ROOT).replace('_', ' '), shortName, "Objects", "tool")))
        .contains(prompt);
  }

  @Test
  void shouldFillTheTemplates() {
    assertThat(of(parsed("RED APPLE", "apple", "Food & Drink", "food-fruit"))).startsWith("a red apple", "red apple",
        "emoji of a red apple", "red apple emoji", "a picture of a red apple", "an icon of a red apple",
        "a drawing of a red apple",
        "red apple, food", "red apple, fruit", "an apple");
  }

  @Test
  void shouldCallOnlyShortPhrasesAnEmoji() {
    assertThat(of(parsed("HEART ON FIRE", "heart_on_fire", "Smileys & Emotion", "heart")))
        .contains("heart on fire emoji");
    assertThat(of(parsed("FACE", "face_in_clouds", "Smileys & Emotion", "face-hand")))
        .doesNotContain("face in the clouds emoji");
  }

  @Test
  void shouldGiveTheSameForASeedAndNoneTwice() {
    EmojiEntry apple = parsed("RED APPLE", "apple", "Food & Drink", "food-fruit");
    assertThat(of(apple)).doesNotHaveDuplicates()
        .isEqualTo(new EmojiCaptions(0).of(apple, apple.pictures().getFirst()));
    Set<List<String>> drawn = new HashSet<>();
    for (int seed = 0; seed < 8; seed++) {
      drawn.add(new EmojiCaptions(seed).of(apple, apple.pictures().getFirst()));
    }
    assertThat(drawn).hasSizeGreaterThan(1);
  }

  /** A yellow hand must not learn of tones, nor a dark one miss its own. */
  @Test
  void shouldNameTheSkinToneInEveryCaptionOfItsPictureOnly() {
    EmojiEntry thumb = parsed("THUMBS UP SIGN", "+1", "People & Body", "hand-fingers-closed", "1F3FE");
    assertThat(of(thumb)).first().isEqualTo("a thumbs up");
    assertThat(of(thumb)).noneMatch(caption -> caption.contains("skin"));
    List<String> dark = captions.of(thumb, thumb.pictures().get(1));
    assertThat(dark).first().isEqualTo("a thumbs up, medium dark skin tone");
    assertThat(dark).contains("a thumbs up with medium dark skin")
        .allMatch(caption -> caption.contains("medium dark skin"));
  }

  @Test
  void shouldJoinSkinToWhatAPersonHas() {
    EmojiEntry man = parsed("MAN: RED HAIR", "red_haired_man", "People & Body", "person", "1F3FF");
    assertThat(captions.of(man, man.pictures().get(1))).contains("a man with red hair and dark skin",
        "a man with red hair, dark skin tone");
  }

  @Test
  void shouldNameTheSkinTonesOfTwo() {
    EmojiEntry shake = parsed("HANDSHAKE", "handshake", "People & Body", "hands", "1F3FB-1F3FF");
    assertThat(captions.of(shake, shake.pictures().get(1))).startsWith("a handshake, light and dark skin tones")
        .contains("a handshake with light and dark skin");
    EmojiEntry alike = parsed("HANDSHAKE", "handshake", "People & Body", "hands", "1F3FE-1F3FE");
    assertThat(captions.of(alike, alike.pictures().get(1))).first().isEqualTo("a handshake, medium dark skin tone");
    EmojiEntry unknown = parsed("HANDSHAKE", "handshake", "People & Body", "hands", "1F3FA");
    assertThatThrownBy(() -> captions.of(unknown, unknown.pictures().get(1)))
        .hasMessage("the skin tone 1F3FA has the modifier 1F3FA, must be one of 1F3FB to 1F3FF");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "RED APPLE|apple|Food & Drink|true",
      "DOG|dog2|Animals & Nature|true",
      "BRIGHT STAR|star_of_light|Travel & Places|true",
      "HUNDRED POINTS SYMBOL|100|Smileys & Emotion|false",
      "LEFT-FACING FIST|left-facing_fist|People & Body|false",
      "MAN RUNNING FACING RIGHT|man_running_facing_right|People & Body|false",
      "WHITE LEFT POINTING BACKHAND INDEX|point_left|People & Body|false",
      "JAPAN FLAG|jp|Flags|false",
      "keycap 7|seven|Symbols|false",
      "SQUARED FREE|free|Symbols|false",
      "BLACK RIGHTWARDS ARROW|arrow_right|Symbols|false",
      "CONVENIENCE STORE|convenience_store|Travel & Places|false",
      "CALENDAR|date|Objects|false",
      "FIRST PLACE MEDAL|first_place_medal|Activities|false",
      "CHART WITH UPWARDS TREND|chart_with_upwards_trend|Objects|false",
  })
  void shouldForbidMirrorsWhereDirectionMatters(String name, String shortName, String category, boolean allowed) {
    assertThat(captions.mayBeMirrored(parsed(name, shortName, category, "other-object"))).isEqualTo(allowed);
  }

  @Test
  void shouldForbidMirroredClocks() {
    assertThat(captions.mayBeMirrored(parsed("WATCH", "watch", "Travel & Places", "time"))).isFalse();
  }

  /** A prompt with a word that no picture has shows what the model makes up. */
  @Test
  void shouldHaveAHundredPromptsOfKnownWords() {
    PhraseTable table = new PhraseTable();
    List<String> known = new ArrayList<>(List.of("flag of Japan Brazil"));
    table.shortNames().forEach(name -> known.addAll(table.phrases(name)));
    table.shortNames().forEach(name -> known.add(name.replace('_', ' '))); // for the rows that take the name
    known.add("with dark skin");
    Set<String> words = new HashSet<>(Pattern.compile("[^\\p{L}'-]+").splitAsStream(String.join(" ", known)).toList());
    assertThat(EmojiDataset.prompts()).hasSize(100).doesNotHaveDuplicates();
    assertThat(EmojiDataset.prompts()).allSatisfy(prompt -> assertThat(words).contains(prompt.split(" ")));
  }
}
