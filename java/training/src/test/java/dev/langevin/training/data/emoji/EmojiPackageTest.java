package dev.langevin.training.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.ClipVocabulary;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real package, where {@code -Dlangevin.emoji} names its tarball: that the tables fit it. */
class EmojiPackageTest {

  /** What a table or template left, and an article that the next word does not ask for. */
  private static final Pattern WRONG = Pattern.compile("[{}_|*]| {2}|^ | $|\\ba (?:[AEIOaeio](?!ne\\b|uro|ne-)|an )");

  private static EmojiPackage emojis;
  private static List<EmojiExample> examples;

  @BeforeAll
  static void read() throws IOException {
    String tarball = System.getProperty("langevin.emoji");
    if (tarball == null) {
      System.out.println(
          "EmojiPackageTest: skipped, -Dlangevin.emoji does not name the tarball " + EmojiPackage.NPM.tarballName());
    }
    assumeThat(tarball).as("-Dlangevin.emoji, the tarball " + EmojiPackage.NPM.tarballName()).isNotNull();
    EmojiPackage.NPM.verify(Path.of(tarball));
    emojis = EmojiPackage.read(Path.of(tarball));
    examples = EmojiExample.list(emojis.entries(), new EmojiCaptions(0));
  }

  @Test
  void shouldHoldAllPictures() {
    assertThat(emojis.pictures()).hasSize(3786);
    assertThat(emojis.entries()).hasSize(1911);
    assertThat(examples).hasSize(3786 - EmojiExample.leftOut().size()).hasSize(3767);
  }

  /** Catches a row of a table whose emoji is spelled otherwise, so that it would never be used. */
  @Test
  void shouldHaveEveryEmojiThatTheTablesName() {
    Set<String> names = emojis.entries().stream().map(EmojiEntry::shortName).collect(Collectors.toSet());
    assertThat(names).containsAll(new EmojiCaptions(0).shortNames());
    assertThat(names).containsAll(EmojiExample.leftOut().stream().map(name -> name.split(":")[0]).toList());
  }

  /** Two pictures alike with captions unlike would teach that captions mean nothing. */
  @Test
  void shouldLeaveNoTwoPicturesAlike() throws IOException {
    Map<List<Integer>, String> seen = new HashMap<>();
    List<String> alike = new ArrayList<>();
    for (EmojiExample example : examples) {
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(emojis.pictures().get(example.file())));
      assertThat(image.getWidth()).as(example.file()).isEqualTo(64);
      assertThat(image.getHeight()).as(example.file()).isEqualTo(64);
      int[] pixels =
          Arrays.stream(image.getRGB(0, 0, 64, 64, null, 0, 64)).map(argb -> argb >>> 24 == 0 ? 0 : argb).toArray();
      String before = seen.put(Arrays.stream(pixels).boxed().toList(), example.entry().shortName());
      if (before != null) {
        alike.add(before + " and " + example.entry().shortName());
      }
    }
    assertThat(alike).isEmpty();
  }

  @Test
  void shouldHaveSeveralCaptionsOfEach() {
    Set<String> canonical = new HashSet<>();
    for (EmojiExample example : examples) {
      assertThat(example.captions()).as(example.file()).hasSizeGreaterThanOrEqualTo(6).doesNotHaveDuplicates();
      assertThat(canonical.add(example.captions().getFirst())).as(example.captions().getFirst()).isTrue();
      assertThat(example.captions()).noneMatch(caption -> WRONG.matcher(caption).find());
    }
  }

  @Test
  void shouldFitInto32TokensAndCutAsClipDoes() {
    List<String> captions = examples.stream().flatMap(example -> example.captions().stream()).distinct().toList();
    CaptionVocabulary vocabulary = CaptionVocabulary.of(captions);
    ClipTokenizer small = vocabulary.tokenizer(32);
    ClipTokenizer clip = ClipVocabulary.tokenizer("<|endoftext|>");
    int longest = 0;
    for (String caption : captions) {
      List<Integer> ids = small.encode(caption);
      assertThat(ids).as(caption).hasSameSizeAs(clip.encode(caption));
      longest = Math.max(longest, ids.size());
    }
    System.out.printf("EmojiPackageTest: %,d pictures, %,d different captions of at most %d tokens, %,d symbols%n",
        examples.size(), captions.size(), longest, vocabulary.size());
    assertThat(longest).isLessThanOrEqualTo(32);
  }
}
