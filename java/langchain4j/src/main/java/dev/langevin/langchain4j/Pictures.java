package dev.langevin.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langevin.image.PictureFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Pictures as LangChain4j has them. */
final class Pictures {

  private static final String BASE64 = ";base64,";

  private Pictures() {}

  /** With its transparency. */
  static BufferedImage decode(String what, Image image) {
    try {
      return PictureFile.decode(Base64.getMimeDecoder().decode(data(what, image))).toBufferedImage();
    } catch (IOException e) {
      throw new InvalidRequestException(what + " cannot be read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(what + " is not base64: " + e.getMessage(), e);
    }
  }

  private static String data(String what, Image image) {
    if (image != null && image.base64Data() != null) {
      return image.base64Data();
    }
    URI url = image == null ? null : image.url();
    if (url == null) {
      throw new InvalidRequestException(what + " is missing; give its base64 data");
    }
    String text = url.toString();
    int at = text.indexOf(BASE64);
    if (!text.startsWith("data:") || at < 0) {
      throw new InvalidRequestException(
          what + " is the address " + text.substring(0, Math.min(80, text.length()))
              + ", which is not fetched; give its base64 data");
    }
    return text.substring(at + BASE64.length());
  }

  static Image encode(BufferedImage picture) {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // of an array: none
    }
    return Image.builder().base64Data(Base64.getEncoder().encodeToString(png.toByteArray())).mimeType("image/png")
        .build();
  }
}
