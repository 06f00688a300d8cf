package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.image.AnimatedGif;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {

  @TempDir
  private Path folder;

  private void picture(String name, int gray) throws IOException {
    TestPictures.write(folder.resolve(name), TestPictures.plain(4, 3, gray * 0x010101));
  }

  private void text(String name, String... lines) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Files.write(folder.resolve(name), List.of(lines));
  }

  private static List<String> names(Dataset dataset) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      names.add(dataset.annotation(i).name());
    }
    return names;
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> ImageFolder.open(folder)).isInstanceOf(DatasetException.class)
        .hasMessage(message.replace("DIR", folder.toString()));
  }

  /** Catches an order that is the file system's. */
  @Test
  void shouldReadAPlainFolderInTheOrderOfNames() throws IOException {
    picture("c.png", 3);
    picture("a.jpg", 1);
    picture("b.bmp", 2);
    text("notes.txt", "no picture");
    picture(".hidden.png", 4);
    picture(".cache/x.png", 5);
    ImageFolder dataset = ImageFolder.open(folder);
    assertThat(names(dataset)).containsExactly("a.jpg", "b.bmp", "c.png");
    assertThat(dataset.classes()).isZero();
    assertThat(dataset.hasCaptions()).isFalse();
    Example last = dataset.example(2);
    assertThat(last.label()).isEqualTo(-1);
    assertThat(last.picture().samples()).hasSize(36).containsOnly(3);
    assertThat(dataset.width(2)).isEqualTo(4);
    assertThat(dataset.height(2)).isEqualTo(3);
  }

  /** Catches labels in the file system's order, and deeper folders taken for classes. */
  @Test
  void shouldTakeSubfoldersForClasses() throws IOException {
    picture("dog/1.png", 1);
    picture("cat/2.png", 2);
    picture("cat/more/3.png", 3);
    picture("train/4.png", 4); // the vehicle: not all folders are named as splits
    ImageFolder dataset = ImageFolder.open(folder);
    assertThat(dataset.classNames()).containsExactly("cat", "dog", "train");
    assertThat(dataset.classes()).isEqualTo(3);
    assertThat(names(dataset)).containsExactly("cat/2.png", "cat/more/3.png", "dog/1.png", "train/4.png");
    assertThat(dataset.annotation(1).label()).isZero();
    assertThat(dataset.annotation(2).label()).isEqualTo(1);
  }

  @Test
  void shouldReadCaptionsLabelsAndFieldsFromJsonLines() throws IOException {
    picture("a.png", 1);
    picture("sub/b.png", 2);
    picture("c.png", 3);
    text("metadata.jsonl",
        "{\"file_name\": \"sub/b.png\", \"caption\": [\"ein Fuchs\", \"a fox\"], \"label\": 7, \"flip\": false,"
            + " \"tags\": {\"n\": 1}}",
        "", "{\"file_name\": \"a.png\", \"text\": \"a hare\", \"text2\": null}",
        "{\"file_name\": \"c.png\", \"text\": [], \"flip\": true}");
    ImageFolder dataset = ImageFolder.open(folder);
    assertThat(names(dataset)).containsExactly("a.png", "c.png", "sub/b.png");
    assertThat(dataset.hasCaptions()).isTrue();
    assertThat(dataset.classes()).isEqualTo(8);
    assertThat(dataset.classNames()).isEmpty();
    assertThat(dataset.annotation(0).captions()).containsExactly("a hare");
    assertThat(dataset.annotation(0).label()).isEqualTo(-1);
    assertThat(dataset.annotation(0).flippable()).isTrue();
    assertThat(dataset.annotation(1).captions()).isEmpty();
    assertThat(dataset.annotation(1).flippable()).isTrue();
    assertThat(dataset.example(2).captions()).containsExactly("ein Fuchs", "a fox");
    assertThat(dataset.annotation(2).label()).isEqualTo(7);
    assertThat(dataset.annotation(2).flippable()).isFalse();
    assertThat(dataset.annotation(2).fields()).containsEntry("tags", "{\"n\":1}").containsEntry("label", "7");
  }

  /** Catches commas, quotes and line ends in captions. */
  @Test
  void shouldReadCsv() throws IOException {
    picture("a.png", 1);
    picture("b.png", 2);
    picture("c.png", 3);
    text("metadata.csv",
        "\ufefffile_name,text,label,flip", "b.png,\"a \"\"red\"\" fox,", "in snow\",fox,False", "a.png,a hare,hare,",
        "", "c.png,,,");
    ImageFolder dataset = ImageFolder.open(folder);
    assertThat(dataset.annotation(1).captions()).containsExactly("a \"red\" fox,\nin snow");
    assertThat(dataset.annotation(1).flippable()).isFalse();
    assertThat(dataset.classNames()).containsExactly("fox", "hare");
    assertThat(dataset.annotation(0).label()).isEqualTo(1);
    assertThat(dataset.annotation(2).label()).isEqualTo(-1);
    assertThat(dataset.annotation(2).captions()).isEmpty();
  }

  @Test
  void shouldReadSplits() throws IOException {
    picture("train/a.png", 1);
    picture("test/b.png", 2);
    text("train/metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a\"}");
    text("metadata.jsonl", "{\"file_name\": \"test/b.png\", \"text\": \"b\"}",
        "{\"file_name\": \"train/a.png\", \"text\": \"unused\"}");
    assertThat(ImageFolder.open(folder).example(0).captions()).containsExactly("a");
    ImageFolder test = ImageFolder.open(folder, FolderOptions.usual().split("test"));
    assertThat(names(test)).containsExactly("b.png");
    assertThat(test.example(0).captions()).containsExactly("b");
    assertThatThrownBy(() -> ImageFolder.open(folder, FolderOptions.usual().split("validation")))
        .hasMessage(folder + " has no split validation, only test, train");
    Files.delete(folder.resolve("train/a.png"));
    assertRefused("DIR has no split train, only test; name the one to read");
    assertThatThrownBy(() -> ImageFolder.open(folder.resolve("test"), FolderOptions.usual().split("train")))
        .hasMessage(folder.resolve("test") + " has no split train; it has no splits, leave the name out");
  }

  @Test
  void shouldRefuseFoldersWithoutPictures() throws IOException {
    text("readme.md", "nothing here");
    assertRefused("DIR holds no pictures; PNG, JPEG, BMP and GIF files are read");
    assertThatThrownBy(() -> ImageFolder.open(folder.resolve("x")))
        .hasMessage(folder.resolve("x") + " is not a folder");
  }

  @Test
  void shouldNameRowsWithoutPicturesAndPicturesWithoutRows() throws IOException {
    picture("a.png", 1);
    picture("b.png", 1);
    List<String> rows = new ArrayList<>(List.of("{\"file_name\": \"a.png\"}"));
    for (int i = 0; i < 7; i++) {
      rows.add("{\"file_name\": \"missing" + i + ".png\"}");
    }
    text("metadata.jsonl", rows.toArray(String[]::new));
    assertRefused(
        "DIR/metadata.jsonl names 7 pictures that are not in the folder: missing0.png, missing1.png, missing2.png,"
            + " missing3.png,"
            + " missing4.png and 2 more; remove the lines or add the pictures");
    text("metadata.jsonl", rows.getFirst());
    assertRefused(
        "DIR/metadata.jsonl has no line for 1 of 2 pictures: b.png; add the lines or move the pictures elsewhere");
  }

  @Test
  void shouldRefusePicturesBesideClasses() throws IOException {
    picture("a.png", 1);
    picture("cat/b.png", 1);
    assertRefused(
        "DIR has 1 pictures beside class folders with 1: a.png; move them into a class folder, or describe all in"
            + " metadata.jsonl");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "[1]|line 1 is not a JSON object, such as {\"file_name\": \"0001.png\", \"text\": \"a fox\"}",
      "{\"text\": \"a\"}|line 1 has no \"file_name\"; each line must name its picture, relative to the folder",
      "{\"file_name\": \"../a.png\"}|line 1: file_name ../a.png is outside of DIR; move the picture there",
      "{\"file_name\": \"a.png\", \"text\": 3}|line 1: \"text\" is 3, must be text or an array of texts",
      "{\"file_name\": \"a.png\", \"caption\": [\"a\", null]}|line 1: \"caption\" is [\"a\",null], must be text or an"
          + " array of texts",
      "{\"file_name\": \"a.png\", \"label\": -2}|line 1: label is -2, must be from 0 to 999999; leave it out for none",
      "{\"file_name\": \"a.png\", \"flip\": \"no\"}|line 1: \"flip\" is \"no\", must be true or false"})
  void shouldNameTheLineThatMakesNoSense(String line, String message) throws IOException {
    picture("a.png", 1);
    text("metadata.jsonl", line);
    assertRefused("DIR/metadata.jsonl " + message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"file_name\": \"a.png\"", "{\"file_name\": \"a.png\"} x",
      "{\"file_name\": \"a.png\", \"file_name\": \"a.png\"}"})
  void shouldRefuseLinesThatAreNotJson(String line) throws IOException {
    picture("a.png", 1);
    text("metadata.jsonl", "", line);
    assertThatThrownBy(() -> ImageFolder.open(folder)).isInstanceOf(DatasetException.class)
        .hasMessageStartingWith(folder + "/metadata.jsonl line 2 is not JSON: ");
  }

  @Test
  void shouldRefuseARowThatComesTwice() throws IOException {
    picture("a.png", 1);
    text("metadata.jsonl", "{\"file_name\": \"a.png\"}", "{\"file_name\": \"./a.png\"}");
    assertRefused(
        "DIR/metadata.jsonl line 2: ./a.png is already in DIR/metadata.jsonl line 1; several captions of a picture are"
            + " an array:"
            + " \"text\": [\"a fox\", \"an animal\"]");
  }

  @Test
  void shouldRefuseBrokenCsv() throws IOException {
    picture("a.png", 1);
    text("metadata.csv", "file_name,text", "a.png,a fox, in snow");
    assertRefused("DIR/metadata.csv line 2 has 3 fields, the header has 2; put text that holds commas in quotes");
    text("metadata.csv", "file_name,text", "a.png,\"a fox");
    assertRefused("DIR/metadata.csv line 2: a quote is never closed");
    text("metadata.csv", "file_name,text", "a.png,\"a\" fox");
    assertRefused("DIR/metadata.csv line 2: text follows a closing quote; a quote within quotes is doubled");
    Files.write(folder.resolve("metadata.csv"), new byte[0]);
    assertRefused("DIR/metadata.csv is empty; its first line must name the columns, such as file_name,text");
    Files.write(folder.resolve("metadata.csv"), new byte[] {'f', (byte) 0xe9});
    assertRefused("DIR/metadata.csv is not UTF-8; save it as such");
    text("metadata.jsonl", "{}");
    assertRefused("DIR has both metadata.jsonl and metadata.csv; remove one of them");
  }

  private void damaged(String name) throws IOException {
    byte[] whole = TestPictures.encoded(TestPictures.pattern(40, 30), "jpg");
    Files.createDirectories(folder.resolve(name).getParent());
    Files.write(folder.resolve(name), Arrays.copyOf(whole, whole.length / 2));
  }

  @Test
  void shouldSayOnceThatAnimationsGiveTheirFirstPicture() throws IOException {
    BufferedImage frame = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
    for (String name : List.of("a.gif", "b.gif")) {
      AnimatedGif.write(List.of(frame, frame), 100, folder.resolve(name));
    }
    List<String> warnings = new ArrayList<>();
    assertThat(ImageFolder.open(folder, FolderOptions.usual().warning(warnings::add)).size()).isEqualTo(2);
    assertThat(warnings).containsExactly(
        folder.resolve("a.gif") + ": is an animation of 2 pictures, the first one is read, and so of 1 more");
  }

  /** Catches damaged pictures that are skipped without a word, or change the labels of others. */
  @Test
  void shouldLeaveOutDamagedPicturesAndSaySoOnce() throws IOException {
    picture("b/1.png", 1);
    damaged("a/2.jpg");
    text("b/3.webp", "RIFF....WEBP");
    List<String> warnings = new ArrayList<>();
    ImageFolder dataset = ImageFolder.open(folder, FolderOptions.usual().warning(warnings::add));
    assertThat(names(dataset)).containsExactly("b/1.png");
    assertThat(dataset.classNames()).containsExactly("a", "b");
    assertThat(dataset.example(0).label()).isEqualTo(1);
    assertThat(dataset.unreadable()).extracting(ImageFolder.Unreadable::name).containsExactly("a/2.jpg", "b/3.webp");
    String found =
        folder + ": 2 of 3 pictures cannot be decoded: a/2.jpg (is damaged: Truncated File - Missing EOI marker),"
            + " b/3.webp (is truncated)";
    assertThat(warnings).containsExactly(found + "; they are left out");
    assertThatThrownBy(() -> ImageFolder.open(folder, FolderOptions.usual().refusingDamage().checking(0)))
        .isInstanceOf(DatasetException.class)
        .hasMessage(found + "; repair or remove them, or do not open the folder as strict");
    Files.delete(folder.resolve("b/1.png"));
    assertThatThrownBy(() -> ImageFolder.open(folder)).isInstanceOf(DatasetException.class)
        .hasMessage(found.replace("2 of 3", "2 of 2") + "; convert them to PNG or JPEG");
  }

  /**
   * Catches a large folder whose damaged pictures are skipped in the middle of a run, which would change what follows.
   */
  @Test
  void shouldFailLaterInFoldersTooLargeToCheck() throws IOException {
    picture("a.png", 1);
    damaged("b.jpg");
    text("c.png", "no picture");
    ImageFolder dataset = ImageFolder.open(folder, FolderOptions.usual().checking(100));
    assertThat(names(dataset)).containsExactly("a.png", "b.jpg");
    assertThat(dataset.width(1)).isEqualTo(40);
    assertThat(dataset.picture(0).samples()).containsOnly(1);
    assertThatThrownBy(() -> dataset.picture(1)).isInstanceOf(DatasetException.class).hasMessage(folder.resolve("b.jpg")
        + " cannot be decoded any more, or was not checked at opening: it is damaged: Truncated File - Missing EOI"
        + " marker;"
        + " repair it, or check the whole folder by opening it as strict");
  }

  /** Catches pictures that are decoded anew although there is room, or kept although there is none: 36 bytes each. */
  @Test
  void shouldKeepPicturesWithinBounds() throws IOException {
    for (String name : List.of("a.png", "b.png", "c.png")) {
      picture(name, 1);
    }
    assertThat(reused(FolderOptions.usual())).isEqualTo(3);
    assertThat(reused(FolderOptions.usual().keeping(80))).isEqualTo(2);
    assertThat(reused(FolderOptions.usual().keeping(0))).isZero();
  }

  private int reused(FolderOptions options) {
    ImageFolder dataset = ImageFolder.open(folder, options);
    int reused = 0;
    for (int i = 0; i < dataset.size(); i++) {
      reused += dataset.picture(i) == dataset.picture(i) ? 1 : 0;
    }
    return reused;
  }
}
