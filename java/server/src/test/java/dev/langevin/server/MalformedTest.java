package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests that nobody should send: each is answered, none with a fault of the server's. */
@Tag("faults")
class MalformedTest {

  private static final List<String> BODIES = List.of(
      "{\"prompt\": \"a red apple\", \"steps\": 1, \"size\": \"64x64\", \"n\": 1, \"seed\": 3}",
      "{\"prompt\": \"x\", \"steps\": 1, \"stream\": true, \"partial_images\": 1, \"loras\": [{\"name\": \"a\"}]}",
      "{\"prompt\": \"x\", \"steps\": 1, \"image\": \"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==\"}",
      "{\"model\": \"emoji\", \"prompt\": \"(a:1.2) [b|c] <lora:z:1>\", \"steps\": 1, \"quality\": \"low\"}");
  private static final List<String> PATHS = List.of("/v1/images/generations", "/v1/images/edits",
      "/v1/images/variations", "/v1/jobs", "/v1/jobs/x", "/v1/models/x", "/v1/../metrics", "/pictures/%2e%2e",
      "/sdapi/v1/txt2img", "/sdapi/v1/img2img", "/sdapi/v1/options", "/sdapi/v1/png-info", "/api/generate", "/%00",
      "/");
  private static final List<String> VALUES = List.of("null", "1e999", "-1", "\"\"", "[]", "{}", "true",
      "99999999999999999999", "\"\\ud800\"", "\"../../etc/passwd\"", "\"http://localhost/\"", "[[[[[[[[]]]]]]]]");

  private final Random random = new Random(11);

  private String body() {
    String body = BODIES.get(random.nextInt(BODIES.size()));
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(body.length());
      body = switch (random.nextInt(4)) {
        case 0 -> body.substring(0, at);
        case 1 -> body.substring(0, at) + (char) random.nextInt(256) + body.substring(Math.min(body.length(), at + 1));
        case 2 -> body.replaceFirst("(: )(\"[^\"]*\"|\\d+)",
            "$1" + VALUES.get(random.nextInt(VALUES.size())).replace("\\", "\\\\"));
        default -> body.substring(at) + body.substring(0, at);
      };
      if (body.isEmpty()) {
        return body;
      }
    }
    return body;
  }

  private byte[] request() {
    String body = body();
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    String type = random.nextInt(4) == 0 ? "multipart/form-data; boundary=" + (random.nextBoolean() ? "part" : "")
        : "application/json";
    String method = random.nextInt(8) == 0 ? List.of("GET", "PUT", "DELETE", "BREW").get(random.nextInt(4)) : "POST";
    String head = method + " " + PATHS.get(random.nextInt(PATHS.size())) + " HTTP/1.1\r\nHost: localhost\r\n"
        + "Connection: close\r\nContent-Type: " + type + "\r\nContent-Length: " + bytes.length + "\r\n";
    if (random.nextInt(20) == 0) {
      head = head.substring(0, random.nextInt(head.length())) + (char) random.nextInt(256) + "\r\n";
    }
    byte[] start = (head + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = new byte[start.length + bytes.length];
    System.arraycopy(start, 0, all, 0, start.length);
    System.arraycopy(bytes, 0, all, start.length, bytes.length);
    return all;
  }

  private static String answer(TinyServer server, byte[] request) throws IOException {
    try (Socket socket = new Socket("localhost", server.port())) {
      socket.getOutputStream().write(request);
      socket.shutdownOutput();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (java.net.SocketException e) { // closed while it was sent to
      return "";
    }
  }

  @Test
  void shouldAnswerWhatIsMalformedWithWhatIsWrong() throws Exception {
    int count = Integer.getInteger("langevin.load.malformed", 300);
    Map<String, Integer> codes = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    try (TinyServer server = TinyServer.start(options -> {
      options.maxSteps = 1;
      options.maxPictures = 1;
      options.maxPixels = 64 * 64;
    }, null)) {
      for (int i = 0; i < count; i++) {
        byte[] request = request();
        String answer = answer(server, request);
        String code = answer.isEmpty() ? "closed" : answer.split(" ", 3)[1];
        codes.merge(code, 1, Integer::sum);
        if (code.startsWith("5") || answer.contains("Exception") || answer.contains("\tat ")) {
          faults.add(new String(request, StandardCharsets.ISO_8859_1) + "\n---\n" + answer);
        }
      }
      assertThat(Answers.json(server.get("/health/ready")).get("status").textValue()).isEqualTo("ready");
    }
    System.out.println(count + " malformed requests: " + codes);
    assertThat(faults).isEmpty();
  }
}
