package dev.langevin.server;

import static dev.langevin.server.Answers.error;
import static dev.langevin.server.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureFormat;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

  private static final File QUIET = new File("/dev/null");

  @TempDir
  private Path folder;

  /** A server in a process of its own, and the address that it says. */
  private record Running(Process process, String address) {}

  /** @param place of its cache and temporary files */
  private static Running serve(Path place, File log) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + place, "-cp",
        System.getProperty("java.class.path"), "dev.langevin.cli.Langevin", "serve", "--port", "0").redirectError(log);
    builder.environment().put("XDG_CACHE_HOME", place.toString());
    Process process = builder.start();
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

  private static String picture(HttpClient http, Running server, String body) throws Exception {
    HttpResponse<String> answer = send(http, server, GENERATIONS, body);
    return json(answer).at("/data/0/b64_json").textValue();
  }

  /** Many at once, who are not told of the server's end. */
  private static List<Thread> load(HttpClient http, Running server) {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int side = 32 + 16 * (i % 4);
      String body = "{\"prompt\": \"a red apple\", \"steps\": 100, \"size\": \"%dx%d\"}".formatted(side, side);
      String path = i % 2 == 0 ? GENERATIONS : "/v1/jobs";
      clients.add(Thread.ofVirtual().start(() -> {
        try {
          send(http, server, path, body);
        } catch (Exception e) {
          return; // as the server is killed
        }
      }));
    }
    return clients;
  }

  /**
   * kill -9 under load, of starts with cold and with warm caches: catches states that outlive what they tell of, files
   * that are half-written, and a start that stumbles over them.
   */
  @Test
  void shouldStartAnewAfterAKill() throws Exception {
    String before = null;
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int millis : new int[] {100, 700, 2000}) {
        Running server = serve(folder, QUIET);
        String job = json(send(http, server, "/v1/jobs", SHORT.replace("\"steps\": 1", "\"steps\": 1000"))).get("id")
            .textValue();
        List<Thread> clients = load(http, server);
        Thread.sleep(millis);
        server.process.destroyForcibly().waitFor();
        for (Thread client : clients) {
          client.join();
        }
        Running next = serve(folder, QUIET);
        try {
          assertThat(send(http, next, "/v1/jobs/" + job, null).statusCode()).isEqualTo(404);
          assertThat(json(send(http, next, "/v1/jobs", null)).get("data")).isEmpty();
          String made = picture(http, next, SHORT);
          before = before == null ? made : before;
          assertThat(made).isEqualTo(before);
        } finally {
          next.process.destroy(); // SIGTERM
          assertThat(next.process.waitFor()).isEqualTo(143);
        }
      }
    }
  }

  /**
   * Fills a disk under a server, its log's included: catches requests that need one, and a server that ends with it.
   */
  @Test
  void shouldServeOnAFullDisk() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=256m", "langevin-full", disk.toString())
        .redirectErrorStream(true).start();
    String said = new String(mount.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(mount.waitFor() == 0, "no small disk can be mounted here: " + said);
    try (HttpClient http = HttpClient.newHttpClient()) {
      Running server = serve(disk, new File("/dev/full"));
      try {
        String before = picture(http, server, SHORT);
        Path rest = disk.resolve("rest");
        fill(rest);
        assertThat(picture(http, server, SHORT)).isEqualTo(before);
        String large = picture(http, server, SHORT.replace("}", ", \"size\": \"96x96\"}"));
        String edit = "{\"prompt\": \"a red heart\", \"steps\": 4, \"images\": [{\"image_url\":"
            + " \"data:image/png;base64," + before + "\"}]}";
        assertThat(send(http, server, "/v1/images/edits", edit).statusCode()).isEqualTo(200);
        assertThat(send(http, server, "/health/ready", null).statusCode()).isEqualTo(200);
        Files.delete(rest);
        assertThat(picture(http, server, SHORT.replace("}", ", \"size\": \"96x96\"}"))).isEqualTo(large);
      } finally {
        server.process.destroyForcibly().waitFor();
      }
    } finally {
      assertThat(new ProcessBuilder("umount", disk.toString()).start().waitFor()).isZero();
    }
  }

  private static void fill(Path file) throws IOException {
    byte[] block = new byte[1 << 12];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
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

  /** Catches a picture of two models at once, and one that stays when the operator has put another in its place. */
  @Test
  void shouldServeOneModelOrTheOtherWhereItIsReplaced() throws Exception {
    Path model = folder.resolve("replaced");
    copy(Models.EMOJI, model);
    Path weights = model.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    byte[] changed = whole.clone();
    for (int i = changed.length - (1 << 17); i < changed.length; i += 2) {
      changed[i + 1] ^= (byte) 0x80; // signs of halves, or of singles and bits of no weight
    }
    try (TinyServer server = TinyServer.start(options -> options.models = List.of("emoji=" + model), null)) {
      String before = json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue();
      Files.move(Files.write(folder.resolve("other"), changed), weights, StandardCopyOption.ATOMIC_MOVE);
      HttpResponse<String> during = server.post(GENERATIONS, SHORT);
      server.context().models().unload(server.context().models().find("emoji"));
      String after = json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue();
      assertThat(after).isNotEqualTo(before);
      assertThat(during.statusCode() == 200 ? json(during).at("/data/0/b64_json").textValue() : before).isIn(before,
          after);
      Files.move(Files.write(folder.resolve("other"), whole), weights, StandardCopyOption.ATOMIC_MOVE);
      server.context().models().unload(server.context().models().find("emoji"));
      assertThat(json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue()).isEqualTo(before);
    }
  }

  /** Clients that do not take their answers: catches engines and threads that wait for them. */
  @Test
  void shouldServeBesideThoseWhoReadSlowly() throws Exception {
    Random random = new Random(3);
    BufferedImage noise = new BufferedImage(512, 512, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 512 * 512; i++) {
      noise.setRGB(i % 512, i / 512, random.nextInt());
    }
    String body = ServerContext.JSON.createObjectNode().put("upscaler_1", "Nearest").put("upscaling_resize", 4)
        .put("image", Pictures.base64(Pictures.encode(noise, PictureFormat.PNG, Map.of(), null))).toString();
    List<Socket> slow = new ArrayList<>();
    try (TinyServer server = TinyServer.start()) {
      for (int i = 0; i < 8; i++) {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress("localhost", server.port()));
        socket.getOutputStream().write(("POST /sdapi/v1/extra-single-image HTTP/1.1\r\nHost: localhost\r\nConnection:"
            + " close\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
        slow.add(socket);
      }
      for (Socket each : slow) { // all have begun to be answered, and none is read
        assertThat(each.getInputStream().read()).isEqualTo('H');
      }
      long begun = System.nanoTime();
      json(server.post(GENERATIONS, SHORT));
      System.out.printf("a picture beside %d clients that do not take theirs: %d ms%n", slow.size(),
          (System.nanoTime() - begun) / 1_000_000);
      assertThat(server.context().queue().jobs()).isEmpty();
      String answer = new String(slow.getFirst().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String picture = ServerContext.JSON.readTree(answer.substring(answer.indexOf('{'))).get("image").textValue();
      assertThat(PictureFile.decode(Base64.getDecoder().decode(picture)).width()).isEqualTo(2048);
    } finally {
      for (Socket each : slow) {
        each.close();
      }
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
