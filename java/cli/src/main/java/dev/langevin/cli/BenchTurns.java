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
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What requests do to each other: each line is a time by what it is apart, and the most that it should be. */
@Command(name = "turns", header = "Tells what requests of one model do to each other.",
    footer = {"langevin bench turns sd15 --size 256x256 --other-size 320x256"}, mixinStandardHelpOptions = true,
    description = "Sends long and short requests to one model, in turns at once and one after the other: how each fares"
        + " beside the other. Of each figure the median of the rounds, with the quartiles.")
final class BenchTurns implements Callable<Integer> {

  private static final int ALIKE = 8;
  private static final int LEAST_ROUNDS = 3;
  private static final long WARM_NANOS = 3_000_000_000L;
  private static final long MOST_NANOS = 20_000_000_000L;

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

  @Option(names = "--rounds", paramLabel = "N", defaultValue = "25",
      description = "Most rounds of each figure (${DEFAULT-VALUE}); it ends after 20 s, but not before 3 are made.")
  private int rounds;

  @Option(names = {"--clients", "--threads"}, paramLabel = "N", defaultValue = "64",
      description = "Threads that ask for mixed requests (${DEFAULT-VALUE}).")
  private int threads;

  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private Pipeline pipeline;

  /** Requests, and the seconds in question of the time that they take. */
  private interface Work {
    double run() throws Exception;
  }

  /**
   * What requests took.
   *
   * @param asked seconds in question
   * @param seconds of all together
   * @param processor seconds of all threads
   * @param handed how often a thread gave up its processor, or was taken from it
   */
  private record Cost(double asked, double seconds, double processor, double handed) {

    static Cost of(Work work) throws Exception {
      long handed = handOvers();
      long processor = processorNanos();
      long begun = System.nanoTime();
      double asked = work.run();
      double seconds = (System.nanoTime() - begun) * 1e-9;
      return new Cost(asked, seconds, (processorNanos() - processor) * 1e-9, handOvers() - handed);
    }

    private static long processorNanos() {
      return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
          .getProcessCpuTime();
    }

    private static long handOvers() throws IOException {
      long sum = 0;
      try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
        for (Path task : tasks) {
          for (String line : Files.readAllLines(task.resolve("status"))) {
            if (line.contains("voluntary_ctxt_switches")) {
              sum += Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
            }
          }
        }
      } catch (NoSuchFileException e) { // a thread that has ended meanwhile
        return handOvers();
      }
      return sum;
    }
  }

  private record Round(Cost apart, Cost together) {}

  @Override
  public Integer call() throws Exception {
    if (rounds < 1) {
      throw new IllegalArgumentException("--rounds is " + rounds + "; it must be at least 1");
    }
    try (clients; Pipeline opened = Pipelines.open(model, LoadOptions.usual())) {
      pipeline = opened;
      GenerationRequest large = request(size, steps, 1);
      GenerationRequest small = request(size, shortSteps, 2);
      beside(large, small, "the same size");
      beside(large, request(other, shortSteps, 3), "the other size");
      alike(small);
      stream(large, small);
      listener(small);
      mixed();
      switching(large, small);
    }
    return 0;
  }

  private static GenerationRequest request(Size size, int steps, long seed) {
    GenerationRequest.Builder request =
        GenerationRequest.prompt("a photograph of an astronaut").steps(steps).seed(seed);
    return (size == null ? request : request.size(size.width(), size.height())).build();
  }

  /** A request on a thread of its own, as someone who listens: when it has ended, in seconds from now. */
  private Future<Double> heard(GenerationRequest request, CountDownLatch walking) {
    long asked = System.nanoTime();
    return clients.submit(() -> {
      pipeline.generate(request, (step, total, preview) -> {
        walking.countDown();
        return true;
      }, new CancellationToken());
      return (System.nanoTime() - asked) * 1e-9;
    });
  }

  private double alone(GenerationRequest request) throws Exception {
    return heard(request, new CountDownLatch(1)).get();
  }

  /** A request that is on its way: its first step is done. */
  private Future<Double> begun(GenerationRequest request) throws InterruptedException {
    CountDownLatch walking = new CountDownLatch(1);
    Future<Double> running = heard(request, walking);
    walking.await();
    return running;
  }

  /** Both in turns, after some rounds in which plans are made and code is compiled. */
  private List<Round> rounds(Work apart, Work together) throws Exception {
    long begun = System.nanoTime();
    do {
      apart.run();
      together.run();
    } while (System.nanoTime() - begun < WARM_NANOS);
    List<Round> all = new ArrayList<>();
    begun = System.nanoTime();
    while (all.size() < rounds && (all.size() < LEAST_ROUNDS || System.nanoTime() - begun < MOST_NANOS)) {
      if (all.size() % 2 == 0) {
        Cost first = Cost.of(apart);
        all.add(new Round(first, Cost.of(together)));
      } else {
        Cost first = Cost.of(together);
        all.add(new Round(Cost.of(apart), first));
      }
    }
    return all;
  }

  private void beside(GenerationRequest large, GenerationRequest small, String size) throws Exception {
    List<Round> all = rounds(() -> {
      alone(large);
      return alone(small);
    }, () -> {
      Future<Double> running = begun(large);
      double seconds = alone(small);
      running.get();
      return seconds;
    });
    System.out.printf("alone: %d steps of %s %.4f s, beside %d steps %.4f s%n", shortSteps, size,
        median(all, round -> round.apart.asked), steps, median(all, round -> round.together.asked));
    print("a short request of " + size + " beside a long one", all, Cost::asked, 3);
    print("both together by one after the other", all, Cost::seconds, 1.03);
    printWork(all);
  }

  /** The mean time until one of several equal requests has ended, all of them asked for at the beginning. */
  private void alike(GenerationRequest small) throws Exception {
    List<Round> all = rounds(() -> {
      double ended = 0;
      double sum = 0;
      for (int i = 0; i < ALIKE; i++) {
        ended += alone(small);
        sum += ended;
      }
      return sum / ALIKE;
    }, () -> {
      List<Future<Double>> running = new ArrayList<>();
      for (int i = 0; i < ALIKE; i++) {
        running.add(heard(small, new CountDownLatch(1)));
      }
      double sum = 0;
      for (Future<Double> each : running) {
        sum += each.get();
      }
      return sum / ALIKE;
    });
    print("mean of 8 equal requests by first come, first served", all, Cost::asked, 1.1);
    printWork(all);
  }

  private void stream(GenerationRequest large, GenerationRequest small) throws Exception {
    List<Round> all = rounds(() -> alone(large), () -> {
      Future<Double> running = begun(large);
      List<Future<?>> streams = new ArrayList<>();
      for (int client = 0; client < 2; client++) { // so that one of them always waits
        streams.add(clients.submit(() -> {
          while (!running.isDone()) {
            pipeline.generate(small);
          }
        }));
      }
      double seconds = running.get();
      for (Future<?> each : streams) {
        each.get();
      }
      return seconds;
    });
    print("a long request in a stream of short ones", all, Cost::asked, 6);
  }

  /** The delay in steps: requests beside take longer by so many. */
  private void listener(GenerationRequest small) throws Exception {
    List<Double> apart = new ArrayList<>();
    for (int i = 0; i < LEAST_ROUNDS || i < rounds && sum(apart) < 1; i++) {
      apart.add(alone(small));
    }
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
    List<Double> beside = new ArrayList<>();
    do {
      beside.add(alone(small));
    } while (beside.size() < apart.size() && !slow.isDone());
    slow.get();
    double usual = quantile(apart, 0.5);
    System.out.printf("%-60s %6.3f (at most %.2f)%n", "steps that a listener of a second delays another request by",
        (quantile(beside, 0.5) - usual) * shortSteps / usual, 1.0);
  }

  /** Requests with and without deadlines and cancels from many threads: those that end well equal themselves alone. */
  private void mixed() throws Exception {
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

  private void switching(GenerationRequest large, GenerationRequest small) throws Exception {
    Path file = Files.createTempFile("turns", ".jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.langevin.Switch").withoutThreshold();
      recording.start();
      for (int i = 0; i < 3; i++) {
        Future<Double> running = begun(large);
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

  /** Of the rounds' ratios, together by apart, the median and the quartiles. */
  private static void print(String what, List<Round> all, ToDoubleFunction<Cost> figure, double most) {
    List<Double> ratios = all.stream()
        .map(round -> figure.applyAsDouble(round.together) / figure.applyAsDouble(round.apart)).toList();
    System.out.printf("%-60s %6.3f (%.3f to %.3f, %d rounds; at most %.2f)%n", what, quantile(ratios, 0.5),
        quantile(ratios, 0.25), quantile(ratios, 0.75), ratios.size(), most);
  }

  /** What depends less on other work that the machine does; means, as processor time is told to 10 ms. */
  private static void printWork(List<Round> all) {
    System.out.printf("  processor time %.0f ms by %.0f ms, threads gave up their processor %.0f times by %.0f%n",
        1e3 * mean(all, round -> round.together.processor), 1e3 * mean(all, round -> round.apart.processor),
        mean(all, round -> round.together.handed), mean(all, round -> round.apart.handed));
  }

  private static double median(List<Round> all, ToDoubleFunction<Round> figure) {
    return quantile(all.stream().map(figure::applyAsDouble).toList(), 0.5);
  }

  private static double mean(List<Round> all, ToDoubleFunction<Round> figure) {
    return all.stream().mapToDouble(figure).average().orElseThrow();
  }

  private static double quantile(List<Double> values, double part) {
    List<Double> sorted = values.stream().sorted().toList();
    double at = part * (sorted.size() - 1);
    double low = sorted.get((int) at);
    return low + (at - (int) at) * (sorted.get((int) Math.ceil(at)) - low);
  }

  private static double sum(List<Double> values) {
    return values.stream().mapToDouble(each -> each).sum();
  }
}
