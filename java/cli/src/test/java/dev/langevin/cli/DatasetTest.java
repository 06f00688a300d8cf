package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands' options reach what they are for; what that does is tested beside it. */
class DatasetTest {

  @TempDir
  private Path folder;

  @Test
  void shouldRefuseATarballThatIsNotThePackage() throws IOException {
    Path tarball = Files.writeString(folder.resolve("other.tgz"), "other");
    Path out = folder.resolve("out");
    Outcome outcome = run("dataset", "emoji", "--tarball", tarball.toString(), "--out", out.toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .startsWith("langevin: other.tgz is not emoji-datasource-google 16.0.0, or is damaged: it has sha512-");
    assertThat(out).doesNotExist();
  }

  @Test
  void shouldAskTheRegistryThatIsNamed() {
    Outcome outcome =
        run("dataset", "emoji", "--registry", "http://127.0.0.1:1/npm", "--out", folder.resolve("out").toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .startsWith(
            "langevin: http://127.0.0.1:1/npm/emoji-datasource-google/-/emoji-datasource-google-16.0.0.tgz cannot be"
                + " downloaded: ")
        .contains("npm pack emoji-datasource-google@16.0.0").contains("--tarball");
  }

  @Test
  void shouldRefuseAFolderWithFiles() throws IOException {
    Files.writeString(folder.resolve("mine"), "");
    for (String kind : new String[] {"emoji", "fashion-mnist"}) {
      Outcome outcome = run("dataset", kind, "--out", folder.toString());
      assertThat(outcome).isEqualTo(
          new Outcome(1, "", "langevin: " + folder + " exists and is not empty; remove it, or name another folder\n"));
    }
  }

  @Test
  void shouldSayWhatAFolderOfFashionMnistLacks() throws IOException {
    Path from = Files.createDirectory(folder.resolve("from"));
    Outcome outcome =
        run("dataset", "fashion-mnist", "--from", from.toString(), "--out", folder.resolve("out").toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .startsWith("langevin: " + from + " has no file train-images-idx3-ubyte, nor one with .gz");
  }
}
