package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** 64 clients with mixed sizes, of whom some cancel and some are killed: docs/serve.md has the figures. */
@Tag("load")
class LoadTest {

  private static final int CLIENTS = 64;
  private static final String GENERATIONS = "/v1/images/generations";

  private final Map<String, Integer> outcomes = new ConcurrentHashMap<>();
  private final Map<String, String> alone = new ConcurrentHashMap<>();
  private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());
  private final ConcurrentLinkedQueue<Long> waited = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Long> computed = new ConcurrentLinkedQueue<>();

  private static String body(int kind) {
    int side = 32 + 16 * (kind % 3);
    return "{\"prompt\": \"a red apple\", \"steps\": %d, \"size\": \"%dx%d\", \"seed\": %d}"
        .formatted(1 + kind % 4, side, side, kind);
  }

  private void client(TinyServer server, int number, long end) {
    Random random = new Random(number);
    while (System.nanoTime() < end) {
      int kind = random.nextInt(24);
      try {
        switch (random.nextInt(10)) {
          case 0 -> kill(server, kind, random.nextInt(200));
          case 1 -> cancel(server, kind);
          default -> ask(server, kind);
        }
      } catch (Exception e) {
        outcomes.merge("failed: " + e, 1, Integer::sum);
      }
    }
  }

  private void ask(TinyServer server, int kind) throws Exception {
    HttpResponse<String> answer = server.post(GENERATIONS, body(kind));
    outcomes.merge(String.valueOf(answer.statusCode()), 1, Integer::sum);
    if (answer.statusCode() == 200) {
      String picture = ServerContext.JSON.readTree(answer.body()).at("/data/0/b64_json").textValue();
      if (!picture.equals(alone.get(body(kind)))) {
        wrong.add(body(kind));
      }
    } else if (answer.statusCode() == 429) {
      Thread.sleep(50);
    }
  }

  private void cancel(TinyServer server, int kind) throws Exception {
    HttpResponse<String> job = server.post("/v1/jobs", body(kind).replaceFirst("\"steps\": \\d", "\"steps\": 200"));
    if (job.statusCode() == 202) {
      server.delete("/v1/jobs/" + ServerContext.JSON.readTree(job.body()).get("id").textValue());
    }
    outcomes.merge("cancelled", 1, Integer::sum);
  }

  private void kill(TinyServer server, int kind, int millis) throws Exception {
    String body = body(kind).replaceFirst("\"steps\": \\d", "\"steps\": 200");
    try (Socket socket = new Socket("localhost", server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(("POST " + GENERATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
      Thread.sleep(millis);
    }
    outcomes.merge("killed", 1, Integer::sum);
  }

  /** MiB of the process. */
  static long resident() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10).findFirst().orElseThrow();
  }

  private static long[] sorted(ConcurrentLinkedQueue<Long> nanos) {
    return nanos.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private static String percentiles(long[] sorted) {
    return "p50 %,d ms, p99 %,d ms, p99.9 %,d ms, of %,d".formatted(LatencyChart.within(sorted, 0.5) / 1_000_000,
        LatencyChart.within(sorted, 0.99) / 1_000_000, LatencyChart.within(sorted, 0.999) / 1_000_000, sorted.length);
  }

  @Test
  void shouldServeManyForLong() throws Exception {
    long seconds = Long.getLong("langevin.load.seconds", 600);
    List<Long> memory = new ArrayList<>();
    try (TinyServer server = TinyServer.start(options -> options.maxQueue = 48, null)) {
      for (int kind = 0; kind < 24; kind++) {
        alone.put(body(kind),
            Answers.json(server.post(GENERATIONS, body(kind))).at("/data/0/b64_json").textValue());
      }
      server.context().queue().watch(new RequestQueue.Watcher() {
        @Override
        public void ended(Job<?> job, Throwable thrown) {
          if (job.state() == Job.State.DONE) {
            waited.add(job.waited());
            computed.add(job.lasted() - job.waited());
          }
        }
      });
      long end = System.nanoTime() + seconds * 1_000_000_000L;
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        clients.add(Thread.ofVirtual().start(() -> client(server, number, end)));
      }
      while (System.nanoTime() < end) {
        Thread.sleep(Math.max(1000, seconds * 1000 / 20));
        memory.add(resident());
      }
      for (Thread client : clients) {
        client.join();
      }
      while (!server.context().queue().jobs().isEmpty()) {
        Thread.sleep(10);
      }
    }
    long[] waiting = sorted(waited);
    long[] generation = sorted(computed);
    System.out.printf("%d clients, %d s: %s%nwaiting: %s%ngeneration: %s%nresident MiB: %s%nmachine's load: %s%n",
        CLIENTS, seconds, outcomes, percentiles(waiting), percentiles(generation), memory,
        Files.readString(Path.of("/proc/loadavg")).strip());
    Map<String, long[]> curves = new LinkedHashMap<>();
    curves.put("waiting", waiting);
    curves.put("generation, taking turns with three others", generation);
    Files.writeString(Path.of("target/server-load.svg"),
        LatencyChart.draw("%d clients for %d s".formatted(CLIENTS, seconds), curves));
    assertThat(wrong).isEmpty();
    assertThat(outcomes.keySet()).isSubsetOf("200", "429", "503", "cancelled", "killed");
    long later = memory.stream().skip(memory.size() / 2).mapToLong(Long::longValue).max().orElseThrow();
    assertThat(later).as("MiB").isLessThan((long) (1.1 * memory.get(memory.size() / 2)) + 32);
  }
}
