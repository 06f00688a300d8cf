package dev.langevin.training.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.ClipVocabulary;
import dev.langevin.training.data.CaptionVocabulary;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.DatasetException;
import dev.langevin.training.data.ImageFolder;
import dev.langevin.weights.TokenizerFiles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmojiFolderTest {

  private static final String ENTRIES = """
      [{"name": "RED APPLE", "image": "1f34e.png", "short_names": ["apple"], "category": "Food & Drink", "subcategory": "food-fruit",
        "has_img_google": true},
       {"name": "Japan Flag", "image": "1f1ef-1f1f5.png", "short_names": ["flag-jp", "jp"], "category": "Flags", "subcategory": "country-flag",
        "has_img_google": true},
       {"name": "WAVING HAND SIGN", "image": "1f44b.png", "short_names": ["wave"], "category": "People & Body", "subcategory": "hand",
        "has_img_google": true, "skin_variations": {"1F3FD": {"image": "1f44b-1f3fd.png", "has_img_google": true}}},
       {"name": "NO PICTURE", "image": "1f000.png", "short_names": ["none"], "category": "Symbols", "subcategory": "x", "has_img_google": false}]
      """;

  @TempDir
  Path folder;

  private static byte[] tarball(String entries, String... pictures) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      if (entries != null) {
        put(tar, "package/emoji.json", entries.getBytes(StandardCharsets.UTF_8));
      }
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB), "png", png);
      for (String picture : pictures) {
        put(tar, "package/img/google/64/" + picture, png.toByteArray());
      }
      put(tar, "package/img/google/64/../../escape.png", png.toByteArray());
    }
    return bytes.toByteArray();
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private Path write(byte[] tarball) throws IOException {
    Path out = folder.resolve("emoji");
    EmojiFolder.write(new ByteArrayInputStream(tarball), null, out);
    return out;
  }

  @Test
  void shouldMakeAnImageFolderWithCaptions() throws IOException {
    Dataset set = ImageFolder.open(write(tarball(ENTRIES, "1f34e.png", "1f1ef-1f1f5.png", "1f44b.png", "1f44b-1f3fd.png")));
    assertThat(set.size()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      List<String> captions = set.annotation(i).captions();
      switch (set.annotation(i).name()) {
        case "1f34e.png" -> {
          assertThat(captions).startsWith("a red apple").contains("an apple", "red apple, food and drink");
          assertThat(set.annotation(i).flippable()).isTrue();
        }
        case "1f1ef-1f1f5.png" -> {
          assertThat(captions).startsWith("flag of japan").contains("japan flag");
          assertThat(set.annotation(i).flippable()).isFalse();
        }
        case "1f44b-1f3fd.png" -> assertThat(captions).allMatch(caption -> caption.contains("with medium skin tone"));
        default -> assertThat(captions).contains("a wave");
      }
    }
  }

  @Test
  void shouldRefuseAnotherPackageAndLeaveNothing() throws IOException {
    byte[] tarball = tarball(null, "1f34e.png");
    assertThatThrownBy(() -> write(tarball)).isInstanceOf(DatasetException.class).hasMessageContaining("has no emoji.json");
    assertThatThrownBy(() -> EmojiFolder.write(new ByteArrayInputStream(tarball), EmojiFolder.INTEGRITY, folder.resolve("emoji")))
        .isInstanceOf(DatasetException.class).hasMessageContaining("was it downloaded whole?");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void shouldNotOverwriteAFolder() throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve("emoji")).resolve("mine.txt"), "");
    assertThatThrownBy(() -> write(tarball(ENTRIES, "1f34e.png"))).isInstanceOf(DatasetException.class)
        .hasMessageContaining("is there already");
  }

  @Test
  void shouldSplitCaptionsAsTheWholeVocabularyDoes() throws IOException {
    List<String> captions = List.of("a grinning face with smiling eyes", "côte d’ivoire flag", "o'clock 12:30 🍎");
    CaptionVocabulary vocabulary = new CaptionVocabulary(captions);
    vocabulary.write(folder.resolve("tokenizer"), 24);
    ClipTokenizer small = TokenizerFiles.clip(folder.resolve("tokenizer"));
    ClipTokenizer whole = ClipVocabulary.tokenizer("<|endoftext|>");
    assertThat(small.length()).isEqualTo(24);
    assertThat(small.entries()).isEqualTo(vocabulary.size()).isLessThan(700);
    for (String caption : captions) {
      assertThat(small.encode(caption)).hasSameSizeAs(whole.encode(caption));
      assertThat(small.decode(small.encode(caption))).isEqualTo(whole.decode(whole.encode(caption)));
    }
    assertThat(small.encode("zygote 山 \uD83D\uDE80")).isNotEmpty();
  }
}
