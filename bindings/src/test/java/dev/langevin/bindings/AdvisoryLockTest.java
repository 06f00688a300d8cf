package dev.langevin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdvisoryLockTest {

  @TempDir
  private Path folder;

  /** What util-linux's flock finds, which calls flock(2) as Python does. */
  private static boolean othersCanLock(Path file) throws Exception {
    return new ProcessBuilder("flock", "--nonblock", file.toString(), "true").start().waitFor() == 0;
  }

  @Test
  void shouldExcludeOthersUntilItIsClosed() throws Exception {
    Path file = folder.resolve("some.lock");
    AdvisoryLock lock = AdvisoryLock.tryLock(file);
    assertThat(lock.file()).isEqualTo(file).exists();
    assertThat(AdvisoryLock.tryLock(file)).isNull();
    assertThat(othersCanLock(file)).isFalse();
    lock.close();
    lock.close();
    assertThat(othersCanLock(file)).isTrue();
    try (AdvisoryLock again = AdvisoryLock.tryLock(file)) {
      assertThat(again).isNotNull();
    }
    assertThat(file).exists();
  }

  @Test
  void shouldSayWhatCannotBeLocked() {
    assertThatThrownBy(() -> AdvisoryLock.tryLock(folder.resolve("nowhere/some.lock"))).isInstanceOf(IOException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> AdvisoryLock.tryLock(folder))
        .hasMessageContaining("cannot be opened for a lock (errno 21)");
  }
}
