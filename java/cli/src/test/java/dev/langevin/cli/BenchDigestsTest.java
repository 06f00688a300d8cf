package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Precision;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Would catch digests of too little, and a comparison that overlooks a row. */
class BenchDigestsTest {

  private static final List<String> MACHINE = List.of("CPU: a processor");

  @TempDir
  private Path folder;

  @Test
  void shouldDigestLittleEndianNumbers() {
    // printf '\x00\x00\x80\x3f\x00\x00\x00\xc0' | sha256sum
    String expected = "ee4ac73c2bd27756ab82780f27c73a7bc4d3f0bb6acb37e008bc27eccd7e588b";

    assertThat(Digest.ofNumbers(Tensor.ofFloats(new float[] {1, -2}, 2))).isEqualTo(expected);
    assertThat(Digest.ofNumbers(Tensor.ofFloats(new float[] {1}, 1),
        Tensor.ofFloats(new float[] {-2}, 1))).isEqualTo(expected);
  }

  @Test
  void shouldDigestEveryColourOfEveryPicture() {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, 0x010203);

    // printf '\x01\x02\x03\x01\x02\x03' | sha256sum
    assertThat(Digest.ofPictures(List.of(picture, picture), folder))
        .isEqualTo("3ba35ee83f218013f8b83f08ae2c06c9d8e05a198d271c57c9e9a1771b44a211");
  }

  @Test
  void shouldListWhatDiffersAndWhatIsMissing() throws IOException {
    Path file = folder.resolve("digests.csv");
    DigestTable.of(MACHINE, List.of(row("a", "1"), row("b", "2"), row("c", "3"))).write(file);
    DigestTable earlier = DigestTable.read(file);

    DigestTable made = DigestTable.of(MACHINE, List.of(row("a", "1"), row("b", "9"), row("d", "4")));
    DigestTable.Comparison comparison = made.against(earlier);

    assertThat(comparison.same()).isFalse();
    assertThat(comparison.lines()).containsExactly("different: b,int8,on,tight: 2,- before, 9,- now",
        "missing: c,int8,on,tight", "new: d,int8,on,tight", "1 equal, 1 different, 1 missing");
  }

  @Test
  void shouldFindATableEqualToItself() throws IOException {
    Path file = folder.resolve("digests.csv");
    DigestTable table = DigestTable.of(MACHINE, List.of(row("a", "1"), row("b", "2")));
    table.write(file);

    assertThat(DigestTable.read(file)).isEqualTo(table);
    assertThat(table.against(DigestTable.read(file)).same()).isTrue();
    assertThat(DigestTable.read(file).only(List.of("b")).rows()).containsOnlyKeys("b,int8,on,tight");
  }

  @Test
  void shouldRefuseAFileOfAnotherKind() throws IOException {
    Path file = Files.writeString(folder.resolve("peers.csv"), "work,side\n");

    assertThatThrownBy(() -> DigestTable.read(file))
        .hasMessageContaining("the line 'work,side' is no row of case,precision");
    assertThatThrownBy(() -> DigestTable.read(folder.resolve("none.csv")))
        .hasMessageContaining("none.csv: there is no such file; 'bench digests --out' writes one");
  }

  @Test
  void shouldSayWhereTheModelsAreLookedFor() {
    Outcome outcome = Outcome.run("bench", "digests", "--reference", folder.toString());

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("no tiny models below " + folder, "--reference");
  }

  private static Digest row(String name, String latents) {
    return new Digest(name, Precision.INT8, true, true, latents, Digest.NONE);
  }
}
