package dev.langevin.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** On what is computed: what the option says, turned into a backend's name. */
final class DeviceName implements ITypeConverter<String> {

  /** The backend of processors. */
  static final String USUAL = "onednn";

  static final String HELP = "On what is computed: cpu, cuda or cuda:N, or auto, which is a GPU where doctor says that"
      + " cuda is ready, else the processor; or a backend by its name: reference, or onednn, which is cpu"
      + " (${DEFAULT-VALUE}).";

  @Override
  public String convert(String name) {
    return switch (name) {
      case "cpu" -> USUAL;
      case "auto" -> Doctor.cuda().missing() == null ? "cuda" : USUAL;
      case String other when other.isBlank() -> throw new TypeConversionException(
          "it names no device; cpu, cuda, cuda:N and auto are devices");
      default -> name;
    };
  }
}
