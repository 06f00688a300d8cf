package dev.langevin.training.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder is whole or not there, and nothing lies beside it afterwards. */
class NewFolderTest {

  @TempDir
  private Path around;

  @Test
  void shouldTakeItsNameAtTheEnd() throws IOException {
    Path target = around.resolve("a/b");
    NewFolder.write(target, folder -> {
      assertThat(target).doesNotExist();
      Files.createDirectory(folder.resolve("c"));
      Files.writeString(folder.resolve("c/d"), "e");
    });
    assertThat(target.resolve("c/d")).hasContent("e");
    assertThat(around.resolve("a")).isDirectoryContaining(file -> file.equals(target))
        .isDirectoryNotContaining(file -> !file.equals(target));
  }

  @Test
  void shouldTakeThePlaceOfAnEmptyFolder() throws IOException {
    Path target = Files.createDirectory(around.resolve("empty"));
    NewFolder.write(target, folder -> Files.writeString(folder.resolve("a"), "b"));
    assertThat(target.resolve("a")).hasContent("b");
  }

  @Test
  void shouldLeaveNothingBehindAFailure() {
    assertThatThrownBy(() -> NewFolder.write(around.resolve("a"), folder -> {
      Files.writeString(folder.resolve("half"), "");
      throw new IOException("the disk is full");
    })).hasMessage(around.resolve("a") + ": cannot be made: the disk is full");
    assertThat(around).isEmptyDirectory();
  }

  @Test
  void shouldRemoveWhatAKilledProcessLeft() throws IOException {
    Path left = Files.createDirectories(around.resolve(".a.partial/deep"));
    Files.writeString(left.resolve("half"), "");
    Files.writeString(around.resolve(".a.partial/.lock"), "");
    NewFolder.write(around.resolve("a"), folder -> Files.writeString(folder.resolve("b"), "c"));
    assertThat(around.resolve("a")).isDirectoryNotContaining(file -> !file.endsWith("b"));
    assertThat(around).isDirectoryNotContaining(file -> !file.endsWith("a"));
  }

  @Test
  void shouldRefuseWhatAnotherIsMaking() throws IOException {
    Path target = around.resolve("a");
    NewFolder.write(target, folder -> {
      assertThatThrownBy(() -> NewFolder.write(target, other -> {}))
          .hasMessage(target + " is being made by another process; wait for it, or name another folder");
      Files.writeString(folder.resolve("b"), "c");
    });
    assertThat(target.resolve("b")).hasContent("c");
  }

  @Test
  void shouldRefuseAFileAndAFolderWithFiles() throws IOException {
    Path file = Files.writeString(around.resolve("file"), "");
    assertThatThrownBy(() -> NewFolder.write(file, folder -> {}))
        .hasMessage(file + " is a file; name a folder that does not exist yet");
    assertThatThrownBy(() -> NewFolder.write(around, folder -> {}))
        .hasMessage(around + " exists and is not empty; remove it, or name another folder");
  }
}
