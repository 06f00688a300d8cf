package dev.langevin.cli;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What requests do to each other: each line is a time by what it is alone, and the most that it should be. */
@Command(name = "turns", header = "Tells what requests of one model do to each other.",
    footer = {"langevin bench turns sd15 --size 256x256 --other-size 320x256"}, mixinStandardHelpOptions = true,
    description = "Sends long and short requests to one model at once: how each fares beside the other.")
final class BenchTurns implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "A model's folder.")
  private Path model;

  @Option(names = "--size", paramLabel = "WxH", description = "Size of the pictures; without it the model's own.")
  private Size size;

  @Option(names = "--other-size", paramLabel = "WxH", description = "Another one.", required = true)
  private Size other;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "30",
      description = "Steps of a long request (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--short-steps", paramLabel = "N", defaultValue = "4",
      description = "Steps of a short one (${DEFAULT-VALUE}).")
  private int shortSteps;

  @Option(names = {"--clients", "--threads"}, paramLabel = "N", defaultValue = "64",
      description = "Threads that ask for mixed requests (${DEFAULT-VALUE}).")
  private int threads;

  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

  @Override
  public Integer call() throws Exception {
    try (clients; Pipeline pipeline = Pipelines.open(model, LoadOptions.usual())) {
      GenerationRequest large = request(size, steps, 1);
      GenerationRequest small = request(size, shortSteps, 2);
      GenerationRequest otherSize = request(other, shortSteps, 3);
      double longAlone = alone(pipeline, large);
      double shortAlone = alone(pipeline, small);
      double otherAlone = alone(pipeline, otherSize);
      System.out.printf("alone: %d steps %.3f s, %d steps %.3f s, of the other size %.3f s%n", steps, longAlone,
          shortSteps, shortAlone,
          otherAlone);
      beside(pipeline, large, small, longAlone, shortAlone, "the same size");
      beside(pipeline, large, otherSize, longAlone, otherAlone, "the other size");
      alike(pipeline, small, shortAlone);
      stream(pipeline, large, small, longAlone);
      listener(pipeline, small, shortAlone);
      mixed(pipeline);
      switching(pipeline, large, small);
    }
    return 0;
  }

  private static GenerationRequest request(Size size, int steps, long seed) {
    GenerationRequest.Builder request =
        GenerationRequest.prompt("a photograph of an astronaut").steps(steps).seed(seed);
    return (size == null ? request : request.size(size.width(), size.height())).build();
  }

  private static double timed(Callable<?> work) throws Exception {
    long begun = System.nanoTime();
    work.call();
    return (System.nanoTime() - begun) * 1e-9;
  }

  /** The median of several, after some that plan and are compiled, as someone who listens. */
  private static double alone(Pipeline pipeline, GenerationRequest request) throws Exception {
    long warm = System.nanoTime() + 3_000_000_000L;
    do {
      heard(pipeline, request);
    } while (System.nanoTime() < warm);
    double[] seconds = new double[5];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = timed(() -> heard(pipeline, request));
    }
    Arrays.sort(seconds);
    return seconds[seconds.length / 2];
  }

  private static Generation heard(Pipeline pipeline, GenerationRequest request) {
    return pipeline.generate(request, (step, total, preview) -> true, new CancellationToken());
  }

  /** A request that is on its way: its first step is done. */
  private Future<Double> begun(Pipeline pipeline, GenerationRequest request) throws InterruptedException {
    CountDownLatch walking = new CountDownLatch(1);
    Future<Double> running = clients.submit(() -> timed(() -> pipeline.generate(request, (step, total, preview) -> {
      walking.countDown();
      return true;
    }, new CancellationToken())));
    walking.await();
    return running;
  }

  private void beside(Pipeline pipeline, GenerationRequest large, GenerationRequest small, double longAlone,
      double shortAlone, String size)
      throws Exception {
    long start = System.nanoTime();
    Future<Double> running = begun(pipeline, large);
    double seconds = timed(() -> heard(pipeline, small));
    running.get();
    double both = (System.nanoTime() - start) * 1e-9;
    print("a short request of " + size + " beside a long one", seconds / shortAlone, 3);
    print("both together by one after the other", both / (longAlone + shortAlone), 1.03);
  }

  private void alike(Pipeline pipeline, GenerationRequest small, double shortAlone) throws Exception {
    int count = 8;
    List<Future<Double>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(clients.submit(() -> timed(() -> heard(pipeline, small))));
    }
    double sum = 0;
    for (Future<Double> each : running) {
      sum += each.get();
    }
    print("mean of 8 equal requests by first come, first served", sum / count / (shortAlone * (count + 1) / 2), 1.1);
  }

  private void stream(Pipeline pipeline, GenerationRequest large, GenerationRequest small, double longAlone)
      throws Exception {
    Future<Double> running = begun(pipeline, large);
    for (int client = 0; client < 2; client++) { // so that one of them always waits
      clients.submit(() -> {
        while (!running.isDone()) {
          pipeline.generate(small);
        }
        return null;
      });
    }
    print("a long request in a stream of short ones", running.get() / longAlone, 6);
    while (pipeline.load().running() > 0) {
      Thread.sleep(10);
    }
  }

  /** The delay in steps: the request beside takes longer by so many. */
  private void listener(Pipeline pipeline, GenerationRequest small, double shortAlone) throws Exception {
    CountDownLatch walking = new CountDownLatch(1);
    Future<?> slow = clients.submit(() -> pipeline.generate(small, (step, total, preview) -> {
      walking.countDown();
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return true;
    }, new CancellationToken()));
    walking.await();
    double seconds = timed(() -> heard(pipeline, small));
    slow.get();
    print("steps that a listener of a second delays another request by",
        (seconds - shortAlone) * shortSteps / shortAlone, 1);
  }

  /** Requests with and without deadlines and cancels from many threads: those that end well equal themselves alone. */
  private void mixed(Pipeline pipeline) throws Exception {
    List<GenerationRequest> kinds = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      kinds.add(request(i % 2 == 0 ? size : other, 1 + i % 4, i));
    }
    List<Tensor> alone = kinds.stream().map(pipeline::generate).map(Generation::pictures).toList();
    AtomicInteger different = new AtomicInteger();
    AtomicInteger equal = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    Random random = new Random(4);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int kind = random.nextInt(kinds.size());
      int fate = random.nextInt(4);
      long moment = random.nextInt(2000);
      running.add(clients.submit(() -> {
        CancellationToken token =
            fate == 0 ? CancellationToken.within(Duration.ofMillis(1000 + 10 * moment)) : new CancellationToken();
        if (fate == 1) {
          clients.submit(() -> {
            Thread.sleep(moment);
            token.cancel();
            return null;
          });
        }
        try {
          Tensor made = pipeline.generate(kinds.get(kind), GenerationListener.NONE, token).pictures();
          (made.data().mismatch(alone.get(kind).data()) == -1 ? equal : different).incrementAndGet();
        } catch (CancellationException | DeadlineException e) {
          ended.incrementAndGet();
        }
      }));
    }
    for (Future<?> each : running) {
      each.get();
    }
    System.out.printf(
        "%d threads: %d pictures equal to themselves alone, %d different, %d requests cancelled or past their"
            + " deadline%n",
        threads, equal.get(), different.get(), ended.get());
  }

  private void switching(Pipeline pipeline, GenerationRequest large, GenerationRequest small) throws Exception {
    Path file = Files.createTempFile("turns", ".jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.langevin.Switch").withoutThreshold();
      recording.start();
      for (int i = 0; i < 3; i++) {
        Future<Double> running = begun(pipeline, large);
        pipeline.generate(small);
        running.get();
      }
      recording.dump(file);
      print(RecordingFile.readAllEvents(file).stream().filter(each -> each.hasField("bytes"))
          .filter(each -> each.getLong("bytes") > 0).toList());
    } finally {
      Files.delete(file);
    }
  }

  private static void print(List<RecordedEvent> switches) throws IOException {
    double[] millis = switches.stream().mapToDouble(each -> each.getDuration().toNanos() * 1e-6).sorted().toArray();
    long bytes = switches.stream().mapToLong(each -> each.getLong("bytes")).max().orElse(0);
    System.out.printf("a change of run copies %.1f MB at most, in %.2f ms (median of %d)%n", bytes * 1e-6,
        millis.length == 0 ? 0 : millis[millis.length / 2], millis.length);
  }

  private static void print(String what, double value, double most) {
    System.out.printf("%-60s %6.3f (at most %.2f)%n", what, value, most);
  }
}
