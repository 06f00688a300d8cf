package dev.langevin.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures one after another in a GIF that repeats for ever. */
public final class AnimatedGif {

  /** Bytes of a block at most. */
  private static final int BLOCK = 255;

  private static final String FORMAT = "javax_imageio_gif_image_1.0";

  private AnimatedGif() {}

  /**
   * Writes a file: whole under another name first, then renamed.
   *
   * @param frames of one size
   * @param milliseconds that each is shown; GIF counts in steps of 10
   * @throws ImageFileException if the place cannot be written
   */
  public static void write(List<BufferedImage> frames, int milliseconds, Path file) {
    write(frames, milliseconds, null, file);
  }

  /** As the other, with a comment such as web UIs write parameters into, or without for null. */
  public static void write(List<BufferedImage> frames, int milliseconds, String comment, Path file) {
    ByteArrayOutputStream gif = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(gif)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (BufferedImage frame : frames) {
        writer.writeToSequence(new IIOImage(frame, null, metadata(writer, frame, milliseconds)), null);
      }
      writer.endWriteSequence();
    } catch (IOException e) {
      throw new UncheckedIOException("pictures cannot be written as a GIF: " + e.getMessage(), e);
    } finally {
      writer.dispose();
    }
    Images.write(comment == null ? gif.toByteArray() : commented(gif.toByteArray(), comment), file);
  }

  /** With a comment extension (GIF89a, section 24) in front of the pictures, in UTF-8 as Pillow writes it. */
  private static byte[] commented(byte[] gif, String comment) {
    byte[] text = comment.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(gif.length + text.length + text.length / BLOCK + 8);
    int start = 13 + Frames.palette(gif[10]); // behind the screen and its colours
    out.write(gif, 0, start);
    out.write(0x21);
    out.write(0xfe);
    for (int at = 0; at < text.length; at += BLOCK) {
      int length = Math.min(BLOCK, text.length - at);
      out.write(length);
      out.write(text, at, length);
    }
    out.write(0);
    out.write(gif, start, gif.length - start);
    return out.toByteArray();
  }

  private static IIOMetadata metadata(ImageWriter writer, BufferedImage frame, int milliseconds) throws IOException {
    IIOMetadata metadata = writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(frame), null);
    IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(FORMAT);
    IIOMetadataNode control = child(root, "GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("transparentColorIndex", "0");
    control.setAttribute("delayTime", String.valueOf(Math.max(1, milliseconds / 10)));
    IIOMetadataNode repeat = new IIOMetadataNode("ApplicationExtension");
    repeat.setAttribute("applicationID", "NETSCAPE");
    repeat.setAttribute("authenticationCode", "2.0");
    repeat.setUserObject(new byte[] {1, 0, 0}); // block 1, for ever
    child(root, "ApplicationExtensions").appendChild(repeat);
    metadata.setFromTree(FORMAT, root);
    return metadata;
  }

  private static IIOMetadataNode child(IIOMetadataNode root, String name) {
    for (int i = 0; i < root.getLength(); i++) {
      if (root.item(i).getNodeName().equals(name)) {
        return (IIOMetadataNode) root.item(i);
      }
    }
    IIOMetadataNode made = new IIOMetadataNode(name);
    root.appendChild(made);
    return made;
  }
}
