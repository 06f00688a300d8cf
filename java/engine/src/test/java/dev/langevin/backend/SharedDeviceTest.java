package dev.langevin.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who holds a backend, and when it ends. */
class SharedDeviceTest {

  private static final class Counted implements SharedDevice.Device {
    final int threads;
    int closed;

    Counted(BackendOptions options) {
      threads = options.threads() == null ? 2 : options.threads();
    }

    @Override
    public int threads() {
      return threads;
    }

    @Override
    public void close() {
      closed++;
    }
  }

  private final List<Counted> made = new ArrayList<>();
  private final SharedDevice<Counted> shared = new SharedDevice<>("counted", options -> {
    Counted device = new Counted(options);
    made.add(device);
    return device;
  });

  /** Catches a count that a share closed twice lowers twice: it would end the device under who still uses it. */
  @Test
  void shouldEndWithTheLastShareHoweverOftenTheOthersAreClosed() {
    SharedDevice<Counted>.Share first = shared.open(BackendOptions.usual());
    SharedDevice<Counted>.Share second = shared.open(BackendOptions.threads(2));
    SharedDevice<Counted>.Share third = second.again();
    first.close();
    first.close();
    second.close();
    assertThat(third.device()).isSameAs(made.getFirst());
    assertThat(made.getFirst().closed).isZero();
    third.close();
    third.close();
    assertThat(made.getFirst().closed).isEqualTo(1);
    assertThat(made).hasSize(1);
  }

  @Test
  void shouldStartAnewWithOtherThreadsOnceItHasEnded() {
    shared.open(BackendOptions.threads(3)).close();
    assertThat(shared.open(BackendOptions.threads(5)).device().threads()).isEqualTo(5);
    assertThat(made).hasSize(2);
  }

  @Test
  void shouldRefuseAnotherNumberOfThreadsWithBoth() {
    shared.open(BackendOptions.threads(3));
    assertThatThrownBy(() -> shared.open(BackendOptions.threads(4))).isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the backend counted is open with 3 threads, 4 were asked for; a process has one: ask for 3 or for none, or"
                + " close"
                + " whoever has it open first");
    assertThat(shared.open(BackendOptions.usual()).device().threads()).isEqualTo(3);
  }

  @Test
  void shouldServeNoClosedShare() {
    SharedDevice<Counted>.Share open = shared.open(BackendOptions.usual());
    SharedDevice<Counted>.Share closed = shared.open(BackendOptions.usual());
    closed.close();
    for (Runnable use : List.<Runnable>of(closed::device, closed::again)) {
      assertThatThrownBy(use::run).isInstanceOf(IllegalStateException.class)
          .hasMessage("this backend counted is closed; open it again with Backend.open");
    }
    assertThat(open.device().closed).isZero();
  }

  @Test
  void shouldReadNameAndIndex() {
    assertThat(DeviceName.parse("cuda:12")).isEqualTo(new DeviceName("cuda", 12));
    assertThat(DeviceName.parse("onednn")).isEqualTo(new DeviceName("onednn", 0));
    assertThatThrownBy(() -> DeviceName.parse("cuda:x")).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'cuda:x': what follows the colon is a device's index, such as cuda:1, not 'x'");
    assertThatThrownBy(() -> Backend.open("reference", BackendOptions.threads(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads is 2: plain Java runs on 1; leave threads away, or take the backend onednn");
    assertThatThrownBy(() -> BackendOptions.threads(0)).hasMessage("threads is 0, must be at least 1");
  }

  /** These tests run without the module that brings oneDNN. */
  @Test
  void shouldNameTheArtifactOfABackendThatIsMissing() {
    assertThatThrownBy(() -> Backend.open("onednn:0", BackendOptions.usual()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("no backend is named 'onednn'; there are: [a-z, ]+; add the artifact"
            + " dev\\.langevin:langevin-onednn, which brings it");
    assertThatThrownBy(() -> Backend.open("onedn", BackendOptions.usual()))
        .hasMessageMatching("no backend is named 'onedn'; there are: [a-z, ]+");
  }

  /** Catches an application's class loader that lives as long as the engine, which another application still uses. */
  @Test
  void shouldRunOnAThreadThatHoldsNothingOfItsFirstCaller() {
    ClassLoader own = new ClassLoader() {};
    InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
    local.set("of the caller");
    Thread.currentThread().setContextClassLoader(own);
    EngineThread thread = new EngineThread("langevin-test");
    try {
      assertThat(thread.<ClassLoader>call(() -> Thread.currentThread().getContextClassLoader())).isNotSameAs(own);
      assertThat(thread.<String>call(local::get)).isNull();
    } finally {
      Thread.currentThread().setContextClassLoader(SharedDeviceTest.class.getClassLoader());
      local.remove();
    }
    Thread runs = thread.call(Thread::currentThread);
    thread.close();
    assertThat(runs.isAlive()).isFalse();
    assertThatThrownBy(() -> thread.call(() -> 1)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the backend was closed");
  }

  /** A model that is closed by a listener: the thread cannot wait for itself. */
  @Test
  void shouldCloseFromItsOwnThread() throws InterruptedException {
    EngineThread thread = new EngineThread("langevin-test");
    Thread runs = thread.call(() -> {
      thread.close();
      return Thread.currentThread();
    });
    runs.join(10_000);
    assertThat(runs.isAlive()).isFalse();
  }
}
