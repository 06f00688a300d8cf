package dev.langevin.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as people write it: {@code 500m}, {@code 12g}, {@code 12GiB}; k, m and g are powers of 1024. */
record ByteCount(long bytes) {

  /** Reads it from the command line. */
  static final class Converter implements ITypeConverter<ByteCount> {

    private static final Pattern COUNT = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)\\s*([kmg]?)(?:i?b)?");

    @Override
    public ByteCount convert(String text) {
      Matcher matcher = COUNT.matcher(text.toLowerCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + text + "' is no number of bytes; write it as 500m or 12g");
      }
      int power = matcher.group(2).isEmpty() ? 0 : 1 + "kmg".indexOf(matcher.group(2));
      return new ByteCount((long) (Double.parseDouble(matcher.group(1)) * (1L << 10 * power)));
    }
  }
}
