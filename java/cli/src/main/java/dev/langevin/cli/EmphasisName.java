package dev.langevin.cli;

import dev.langevin.text.Emphasis;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A kind of emphasis by AUTOMATIC1111's name, in any case. */
final class EmphasisName implements ITypeConverter<Emphasis> {

  private static final List<String> NAMES = List.of("Original", "No norm", "Ignore", "None");

  @Override
  public Emphasis convert(String value) {
    String name = value.strip().toUpperCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
    return Arrays.stream(Emphasis.values()).filter(each -> each.name().equals(name)).findFirst()
        .orElseThrow(() -> new TypeConversionException("'" + value + "' is no kind of emphasis; known are " + NAMES));
  }
}
