package dev.langevin.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Texts that a picture's file carries beside its pixels: of PNG those of tEXt, zTXt, iTXt and eXIf, of JPEG and WebP
 * those of the Exif block (CIPA DC-008), of JPEG and GIF the comment. Damaged and oversized ones are left out and named
 * among the faults; the picture itself may still be whole.
 *
 * @param texts by PNG's keywords, by the names of Exif's tags ({@code UserComment}, {@code ImageDescription},
 *   {@code Make}, {@code Model}, {@code Software}), by {@link #COMMENT} and {@link #XMP}
 * @param faults sentences on texts that could not be read
 * @param width of the picture in pixels, as {@code height}; 0 where the format's header was not looked at
 */
public record PictureTexts(Map<String, String> texts, List<String> faults, int width, int height) {

  /** The comment of a JPEG or GIF. */
  public static final String COMMENT = "comment";

  /** An XMP packet, by the keyword that PNG has for it. */
  public static final String XMP = "XML:com.adobe.xmp";

  /** Most bytes of one text, which graphs of hundreds of nodes do not reach. */
  static final int MOST_BYTES = 4 << 20;

  /** Most letters of all texts. */
  private static final int MOST_IN_ALL = 16 << 20;

  /** Copies both; texts keep their order. */
  public PictureTexts {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    faults = List.copyOf(faults);
  }

  /**
   * Reads a file's texts, not its pixels.
   *
   * @throws ImageFileException if it is missing, of another format, or cut off
   */
  public static PictureTexts read(Path file) {
    try (FileWindow bytes = FileWindow.open(file)) {
      return of(bytes);
    } catch (EOFException e) {
      throw new ImageFileException(file + ": is cut off; copy the file again", e);
    } catch (IOException e) {
      throw new ImageFileException(file + ": cannot be read: " + e, e);
    } catch (IllegalArgumentException e) {
      throw new ImageFileException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Texts of a picture that is no file.
   *
   * @throws IOException if it is of another format, or cut off; the message is the reason
   */
  public static PictureTexts read(byte[] picture) throws IOException {
    try {
      return of(FileWindow.of(picture));
    } catch (EOFException e) {
      throw new IOException("is cut off", e);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static PictureTexts of(FileWindow bytes) throws IOException {
    Found found = new Found();
    int magic = bytes.size() < 12 ? 0 : bytes.at(0, 4).getInt();
    switch (magic) {
      case 0x89504e47 -> PngTexts.read(bytes, found);
      case 0x52494646 -> WebpTexts.read(bytes, found);
      case 0x47494638 -> GifTexts.read(bytes, found);
      default -> {
        if (magic >>> 8 != 0xffd8ff) {
          throw new IllegalArgumentException("is no PNG, JPEG, WebP or GIF picture, which are those that hold texts");
        }
        JpegTexts.read(bytes, found);
      }
    }
    return new PictureTexts(found.texts, found.faults, found.width, found.height);
  }

  /** What is collected on the way; the last of a keyword counts, as Pillow has it. */
  static final class Found {
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    private int letters;
    private int width;
    private int height;

    void size(int width, int height) {
      this.width = width;
      this.height = height;
    }

    void text(String keyword, String text) {
      if (text.length() > MOST_IN_ALL - letters) {
        fault(keyword, "is left out, as the texts before it have " + letters + " letters");
        return;
      }
      letters += text.length();
      texts.put(keyword, text);
    }

    void fault(String keyword, String what) {
      if (faults.size() < 8) { // the file may have any number of them
        faults.add("the text '" + keyword + "' " + what);
      }
    }

    /** Whether a block of that many bytes is to be read; else it is told of. */
    boolean takes(String keyword, long bytes) {
      if (bytes > MOST_BYTES) {
        fault(keyword, "has " + bytes + " bytes, more than the " + MOST_BYTES + " that are read");
      }
      return bytes <= MOST_BYTES;
    }
  }
}
