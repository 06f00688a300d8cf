package dev.langevin.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Width and height on the command line, as {@code 512x512}. */
record Size(int width, int height) {

  /** Reads what the user typed. */
  static final class Converter implements ITypeConverter<Size> {
    @Override
    public Size convert(String text) {
      String[] sides = text.split("x", -1);
      try {
        Size size = new Size(Integer.parseInt(sides[0]), Integer.parseInt(sides[sides.length - 1]));
        if (sides.length == 2 && size.width > 0 && size.height > 0) {
          return size;
        }
      } catch (NumberFormatException e) {
        // falls through to the same message
      }
      throw new TypeConversionException("'" + text + "' is not WIDTHxHEIGHT in pixels, such as 512x512");
    }
  }
}
