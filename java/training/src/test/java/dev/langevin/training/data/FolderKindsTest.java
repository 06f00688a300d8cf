package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders as people bring them: splits of all names, metadata at every level, kohya's captions and repeats. */
class FolderKindsTest {

  @TempDir
  Path folder;

  private void pictures(String... names) throws IOException {
    for (String name : names) {
      TestPictures.write(folder.resolve(name), TestPictures.plain(4, 3, name.hashCode() & 0xffffff));
    }
  }

  private static List<String> names(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(i -> dataset.annotation(i).name()).toList();
  }

  private static List<Integer> labels(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(i -> dataset.annotation(i).label()).toList();
  }

  private static List<List<String>> captions(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(i -> dataset.annotation(i).captions()).toList();
  }

  @Test
  void shouldKnowAllNamesOfSplits() throws IOException {
    for (String name : List.of("valid", "val", "dev", "validation")) {
      Path place = folder.resolve(name + "-beside");
      for (String split : List.of("Train", name, "testing")) {
        for (String label : List.of("cat", "dog")) {
          TestPictures.write(place.resolve(split).resolve(label).resolve("0.png"), TestPictures.plain(4, 3, 7));
        }
      }
      assertThat(ImageFolder.open(place).classNames()).containsExactly("cat", "dog");
      assertThat(ImageFolder.open(place).size()).isEqualTo(2);
      assertThat(ImageFolder.open(place, FolderOptions.usual().split("validation")).size()).isEqualTo(2);
      assertThat(ImageFolder.open(place, FolderOptions.usual().split("test")).size()).isEqualTo(2);
    }
  }

  @Test
  void shouldNotTakeSplitsForClassesWhereOthersLieBeside() throws IOException {
    pictures("train/a.png", "valid/b.png", "unsorted/c.png");
    assertThatThrownBy(() -> ImageFolder.open(folder)).isInstanceOf(DatasetException.class)
        .hasMessageContaining("has the splits train, valid and beside them unsorted; name the split to read");
    assertThat(names(ImageFolder.open(folder, FolderOptions.usual().split("valid")))).containsExactly("b.png");
  }

  @Test
  void shouldRefuseTwoFoldersOfOneSplit() throws IOException {
    pictures("train/a.png", "val/b.png", "valid/c.png");
    assertThatThrownBy(() -> ImageFolder.open(folder, FolderOptions.usual().split("validation")))
        .isInstanceOf(DatasetException.class).hasMessageContaining("has val and valid, which are one split");
    assertThat(names(ImageFolder.open(folder, FolderOptions.usual().split("val")))).containsExactly("b.png");
  }

  @Test
  void shouldReadMetadataAtEveryLevel() throws IOException {
    pictures("a.png", "x/b.png", "x/y/c.png", "z/d.png");
    Files.writeString(folder.resolve("metadata.csv"), "file_name,text\na.png,top\nz\\d.png,by backslash\n");
    Files.writeString(folder.resolve("x/metadata.jsonl"), """
        {"file_name": "b.png", "text": "inner"}
        {"file_name": "y/c.png", "text": "below"}
        """);
    assertThat(captions(ImageFolder.open(folder)))
        .containsExactly(List.of("top"), List.of("inner"), List.of("below"), List.of("by backslash"));
  }

  @Test
  void shouldReadNumbersOfLabelsInAnySpelling() throws IOException {
    pictures("a.png", "b.png", "c.png", "d.png");
    Files.writeString(folder.resolve("metadata.csv"), "file_name,label\na.png,10\nb.png,2.0\nc.png,02\nd.png,1e1\n");
    assertThat(labels(ImageFolder.open(folder))).containsExactly(10, 2, 2, 10);
    Files.writeString(folder.resolve("metadata.csv"), "file_name,label\na.png,10\nb.png,2.5\nc.png,0.5\nd.png,2.50\n");
    assertThat(labels(ImageFolder.open(folder))).as("by value, not as text").containsExactly(2, 1, 0, 1);
  }

  @Test
  void shouldReadTheNamedColumnOfCaptions() throws IOException {
    pictures("a.png");
    Files.writeString(folder.resolve("metadata.csv"), "file_name,prompt,description\na.png,one,two\n");
    assertThat(captions(ImageFolder.open(folder))).containsExactly(List.of("one"));
    assertThat(captions(ImageFolder.open(folder, FolderOptions.usual().captionsIn("description"))))
        .containsExactly(List.of("two"));
    assertThatThrownBy(() -> ImageFolder.open(folder, FolderOptions.usual().captionsIn("texts")))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("has no column texts; it has description, file_name");
  }

  @Test
  void shouldReadKohyasFolders() throws IOException {
    pictures("3_sks dog/a.png", "3_sks dog/b.png", "1_a cat/c.png");
    Files.writeString(folder.resolve("3_sks dog/a.txt"), "\ufeffa sks dog, sitting \nsecond line\n");
    Dataset repeated = ImageFolder.open(folder).repeated();
    assertThat(names(repeated)).containsExactly("1_a cat/c.png", "3_sks dog/a.png", "3_sks dog/a.png",
        "3_sks dog/a.png", "3_sks dog/b.png", "3_sks dog/b.png", "3_sks dog/b.png");
    assertThat(captions(ImageFolder.open(folder))).containsExactly(List.of("a cat"), List.of("a sks dog, sitting"),
        List.of("sks dog"));
  }

  @Test
  void shouldFindPicturesWhateverTheirEnding() throws IOException {
    pictures("a.png", "b.png");
    Files.move(folder.resolve("a.png"), folder.resolve("a"));
    Files.move(folder.resolve("b.png"), folder.resolve("b.PNG_large"));
    Files.writeString(folder.resolve("notes"), "no picture at all");
    assertThat(names(ImageFolder.open(folder))).containsExactly("a", "b.PNG_large");
  }
}
