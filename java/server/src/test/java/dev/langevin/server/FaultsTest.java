package dev.langevin.server;

import static dev.langevin.server.Answers.error;
import static dev.langevin.server.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Killed servers, broken models, slow and idle clients. */
@Tag("load")
class FaultsTest {

  private static final String GENERATIONS = "/v1/images/generations";
  private static final String SHORT = "{\"prompt\": \"a red apple\", \"steps\": 1, \"seed\": 1}";

  @TempDir
  private Path folder;

  /** A server in a process of its own, and the address that it says. */
  private record Running(Process process, String address) {}

  private Running serve() throws IOException {
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + folder, "-cp",
        System.getProperty("java.class.path"), "dev.langevin.cli.Langevin", "serve", "--port", "0")
            .redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
    Matcher address = Pattern.compile("http://\\S+:\\d+").matcher(String.valueOf(line));
    assertThat(address.find()).as(line).isTrue();
    return new Running(process, address.group());
  }

  private static HttpResponse<String> send(HttpClient http, Running server, String path, String body) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.address + path));
    return http.send((body == null ? request.GET() : request.header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Catches states that outlive what they tell of, and a start that stumbles over what a killed one left. */
  @Test
  void shouldStartAnewAfterAKill() throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      Running first = serve();
      String job = json(send(http, first, "/v1/jobs", SHORT.replace("\"steps\": 1", "\"steps\": 1000"))).get("id")
          .textValue();
      first.process.destroyForcibly().waitFor();
      Running second = serve();
      try {
        assertThat(send(http, second, "/v1/jobs/" + job, null).statusCode()).isEqualTo(404);
        assertThat(send(http, second, GENERATIONS, SHORT).statusCode()).isEqualTo(200);
      } finally {
        second.process.destroy(); // SIGTERM
        assertThat(second.process.waitFor()).isEqualTo(143);
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /** Catches a server that dies with its model, serves noise for it, or never takes it up again. */
  @Test
  void shouldOutliveATruncatedModel() throws Exception {
    Path model = folder.resolve("emoji");
    copy(Models.EMOJI, model);
    Path weights = model.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    try (TinyServer server = TinyServer.start(options -> options.models = List.of("emoji=" + model), null)) {
      String before = json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue();
      try (FileChannel file = FileChannel.open(weights, StandardOpenOption.WRITE)) {
        file.truncate(whole.length / 2);
      }
      HttpResponse<String> during = server.post(GENERATIONS, SHORT.replace("\"seed\": 1", "\"size\": \"32x32\""));
      assertThat(during.statusCode()).as(during.body()).isIn(200, 500);
      server.context().models().unload(server.context().models().find("emoji"));
      assertThat(error(server.post(GENERATIONS, SHORT), 500).get("code").textValue()).isEqualTo("model_unreadable");
      Files.write(weights, whole);
      assertThat(json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue()).isEqualTo(before);
    }
  }

  @Test
  void shouldServeBesideIdleAndSlowClients() throws Exception {
    List<Socket> idle = new ArrayList<>();
    try (TinyServer server = TinyServer.start()) {
      for (int i = 0; i < 1000; i++) {
        idle.add(new Socket("localhost", server.port()));
      }
      for (Socket each : idle.subList(0, 50)) { // begin a request and say no more
        OutputStream out = each.getOutputStream();
        out.write(("POST " + GENERATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 1000\r\n\r\n{\"prompt\"").getBytes(StandardCharsets.UTF_8));
      }
      long begun = System.nanoTime();
      json(server.post(GENERATIONS, SHORT));
      System.out.printf("a picture beside 1000 idle connections, 50 of them in the middle of a request: %d ms%n",
          (System.nanoTime() - begun) / 1_000_000);
      assertThat(server.context().queue().jobs()).isEmpty();
    } finally {
      for (Socket each : idle) {
        each.close();
      }
    }
  }
}
