package dev.langevin.training.data.emoji;

import static dev.langevin.training.data.emoji.FakePackage.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.training.data.source.NpmPackage;
import dev.langevin.weights.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a tarball to a folder that trainers read, or to one sentence and no folder. */
class EmojiDatasetTest {

  private static final String LIST = "[" + String.join(",",
      entry("THUMBS UP SIGN", "+1", "People & Body", "hand-fingers-closed", 2, "1f44d.png", "1F3FB"),
      entry("RED APPLE", "apple", "Food & Drink", "food-fruit", 3, "1f34e.png"),
      entry("Japan Flag", "jp", "Flags", "country-flag", 4, "1f1ef-1f1f5.png"),
      entry("Sark Flag", "flag-sark", "Flags", "country-flag", 5, "1f1e8-1f1f6.png"),
      entry("UNDRAWN", "undrawn", "Objects", "tool", 1, "1f000.png").replace("true", "false")) + "]";

  private static final String[] PICTURES =
      {"1f44d.png", "1f44d-1f3fb.png", "1f34e.png", "1f1ef-1f1f5.png", "1f1e8-1f1f6.png"};

  @TempDir
  private Path folder;
  private Path tarball;
  private Path out;

  @BeforeEach
  void namePaths() {
    tarball = folder.resolve("fake.tgz");
    out = folder.resolve("data/emoji");
  }

  private static List<JsonNode> metadata(Path dataset) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> rows = new java.util.ArrayList<>();
    for (String line : Files.readAllLines(dataset.resolve("train/metadata.jsonl"))) {
      rows.add(json.readTree(line));
    }
    return rows;
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString()).sorted().toList();
    }
  }

  @Test
  void shouldWriteAnImageFolder() throws IOException {
    NpmPackage npm = FakePackage.write(tarball, LIST, PICTURES);
    EmojiDataset made = EmojiDataset.of(npm, tarball, out, 32, 7, 0);
    assertThat(files(out)).containsExactly("dataset.json", "prompts.txt", "tokenizer/merges.txt",
        "tokenizer/special_tokens_map.json",
        "tokenizer/tokenizer_config.json", "tokenizer/vocab.json", "train/1f1ef-1f1f5.png", "train/1f34e.png",
        "train/1f44d-1f3fb.png",
        "train/1f44d.png", "train/metadata.jsonl");
    assertThat(Files.readAllBytes(out.resolve("train/1f34e.png"))).isEqualTo(FakePackage.png("1f34e.png".hashCode()));
    List<JsonNode> rows = metadata(out);
    assertThat(rows).extracting(row -> row.path("file_name").asText())
        .containsExactly("1f44d.png", "1f44d-1f3fb.png", "1f34e.png", "1f1ef-1f1f5.png");
    assertThat(rows).extracting(row -> row.path("text").path(0).asText())
        .containsExactly("a thumbs up", "a thumbs up, light skin tone", "a red apple", "the flag of Japan");
    assertThat(rows).extracting(row -> row.path("flip").asText()).containsExactly("", "", "", "false");
    assertThat(rows.get(1).path("skin_tone").asText()).isEqualTo("1F3FB");
    assertThat(rows.get(2).path("label").asText()).isEqualTo("Food & Drink");
    assertThat(rows.get(2).path("subcategory").asText()).isEqualTo("food-fruit");
    JsonNode description = new ObjectMapper().readTree(out.resolve("dataset.json").toFile());
    assertThat(description.path("pictures").asInt()).isEqualTo(4).isEqualTo(made.pictures());
    assertThat(description.path("pictures_in_package").asInt()).isEqualTo(5);
    assertThat(description.path("version").asText()).isEqualTo("0.0.1");
    assertThat(description.path("licence").asText()).isEqualTo("Apache-2.0");
    assertThat(description.path("seed").asInt()).isEqualTo(7);
    assertThat(description.at("/categories/People & Body").asInt()).isEqualTo(2);
    assertThat(description.path("captions").asInt())
        .isEqualTo(rows.stream().mapToInt(row -> row.path("text").size()).sum());
    assertThat(Files.readAllLines(out.resolve("prompts.txt"))).hasSize(100);
    assertThat(TokenizerFiles.clip(out.resolve("tokenizer")).entries()).isEqualTo(made.vocabulary());
  }

  @Test
  void shouldWriteTheSameBytesAgain() throws IOException {
    NpmPackage npm = FakePackage.write(tarball, LIST, PICTURES);
    EmojiDataset.of(npm, tarball, out, 32, 7, 0);
    Path again = folder.resolve("again");
    EmojiDataset.of(npm, tarball, again, 32, 7, 0);
    for (String file : files(out)) {
      assertThat(Arrays.equals(Files.readAllBytes(again.resolve(file)), Files.readAllBytes(out.resolve(file)))).as(file)
          .isTrue();
    }
  }

  private void assertRefused(NpmPackage npm, int tokens, String message) {
    assertThatThrownBy(() -> EmojiDataset.of(npm, tarball, out, tokens, 0, 0)).hasMessageContaining(message);
    assertThat(out).doesNotExist();
    if (Files.exists(out.getParent())) {
      assertThat(out.getParent()).isEmptyDirectory();
    }
  }

  @Test
  void shouldRefuseAnotherTarball() throws IOException {
    NpmPackage npm = FakePackage.write(tarball, LIST, PICTURES);
    assertThatThrownBy(() -> EmojiDataset.of(tarball, out, 32, 0, 0))
        .hasMessageStartingWith(
            "fake.tgz is not emoji-datasource-google 16.0.0, or is damaged: it has " + npm.integrity()
                + ", expected sha512-ZRexf");
    assertThat(out).doesNotExist();
    Files.delete(tarball);
    assertRefused(npm, 32, "there is no such file; it should be emoji-datasource-google-0.0.1.tgz, which npm pack"
        + " emoji-datasource-google@0.0.1 gets");
  }

  @Test
  void shouldSayWhatAPackageLacks() throws IOException {
    assertRefused(FakePackage.write(tarball, LIST, "1f44d.png"), 32, "lacks the picture 1f44d-1f3fb.png of +1");
    assertRefused(FakePackage.write(tarball, "{}", PICTURES), 32, "emoji.json is not an array of emojis");
    assertRefused(FakePackage.write(tarball, LIST.replace("\"food-fruit\"", "\"\""), PICTURES), 32,
        "the entry \"apple\" has no subcategory");
  }

  @Test
  void shouldRefuseTextsTooShortForACaption() throws IOException {
    assertRefused(FakePackage.write(tarball, LIST, PICTURES), 8, "a text of 8 tokens is too short for the caption '");
  }

  @Test
  void shouldNotTouchAFolderThatIsNotEmpty() throws IOException {
    NpmPackage npm = FakePackage.write(tarball, LIST, PICTURES);
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine.txt"), "mine");
    assertThatThrownBy(() -> EmojiDataset.of(npm, tarball, out, 32, 0, 0))
        .hasMessage(out + " exists and is not empty; remove it, or name another folder");
    assertThat(files(out)).containsExactly("mine.txt");
  }
}
