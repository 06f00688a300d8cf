package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions.Lora;
import dev.langevin.text.ExtraNetwork;
import dev.langevin.weights.UpdateNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a picture says of how it was made, as {@code langevin generate} writes it and {@code --from} repeats it, for
 * programs that make pictures without its options. Any thread.
 */
public final class PictureText {

  private PictureText() {}

  /**
   * Fields that say on what a picture was made: precision, device, and this program's version.
   *
   * @param backend its name
   * @param build what the open backend says of itself, as {@code Pipeline.build()} has it
   */
  public static Map<String, String> machine(String backend, String build, Precision precision) {
    RecordedMachine.computedBy(backend, build);
    return RecordedMachine.fields(backend, precision);
  }

  /** The program's name and version, as {@link #machine} has them. */
  public static String program() {
    return RecordedMachine.BUILD;
  }

  /**
   * The text of picture k.
   *
   * @param model its name, for {@code --model}
   * @param machine see {@link #machine}
   */
  public static String of(Generation made, int k, String model, Map<String, String> machine) {
    GenerationRequest request = made.request();
    Map<String, String> fields = RecordedOptions.usual(made, k, request.sampler(), null, model);
    List<String> called = request.prompts().stream().flatMap(prompt -> ExtraNetwork.of(prompt).stream())
        .map(ExtraNetwork::name).toList();
    String loras = request.loras().stream().filter(lora -> !called.contains(UpdateNames.stem(lora.file())))
        .map(PictureText::of).collect(Collectors.joining(SettableOptions.SEPARATOR));
    Map<String, String> all = new LinkedHashMap<>(fields);
    if (!loras.isEmpty()) {
      all.put("lora", loras);
    }
    all.putAll(machine);
    return RecordedOptions.format(request, all);
  }

  /** As {@code --lora} takes it. */
  private static String of(Lora lora) {
    return lora.file().getFileName() + ":" + lora.weight() + ":" + lora.textWeight();
  }
}
