package dev.langevin.server;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A form with files, as browsers and clients send it. */
final class Multipart {

  static final String TYPE = "multipart/form-data; boundary=part";

  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  Multipart text(String name, String value) {
    return part("name=\"" + name + "\"", "text/plain; charset=utf-8", value.getBytes(StandardCharsets.UTF_8));
  }

  Multipart file(String name, byte[] file) {
    return part("name=\"" + name + "\"; filename=\"picture.png\"", "image/png", file);
  }

  private Multipart part(String disposition, String type, byte[] bytes) {
    write("--part\r\nContent-Disposition: form-data; " + disposition + "\r\nContent-Type: " + type + "\r\n\r\n");
    body.writeBytes(bytes);
    write("\r\n");
    return this;
  }

  private void write(String text) {
    body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  byte[] bytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(body.toByteArray());
    all.writeBytes("--part--\r\n".getBytes(StandardCharsets.UTF_8));
    return all.toByteArray();
  }
}
