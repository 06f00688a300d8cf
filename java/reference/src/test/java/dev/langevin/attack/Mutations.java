package dev.langevin.attack;

import dev.langevin.config.Configurations;
import dev.langevin.config.Section;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Changes of every field of every configuration: those that are there, and those that are declared and absent. */
final class Mutations {

  private static final List<String> VALUES =
      List.of("null", "[]", "{}", "\"\"", "\"x\"", "true", "false", "0", "-1", "1", "2", "3", "7",
          "0.5", "-0.5", "1e-30", "1e-300", "1e308", "-1e308", "1e400", "NaN", "Infinity", "-Infinity", "\"NaN\"",
          "\"inf\"", "\"-inf\"",
          "100000", "1000000000", "2147483647", "2147483648", "9223372036854775808", "-2147483648", "[1,2,3]", "[8,8]",
          "[null]", "[[]]",
          "[0]", "[1e308]", "{\"a\": 1}", "\"\\u001b]0;x\\u0007\\nsecond line\\u202e\"",
          "\"" + "a".repeat(100_000) + "\"", nested(900),
          nested(5000));

  private Mutations() {}

  private static String nested(int depth) {
    return "[".repeat(depth) + "]".repeat(depth);
  }

  /** All of them, in an order that the seed gives. */
  static List<Mutation> all(List<AttackedModel> models, long seed) {
    List<Mutation> all = new ArrayList<>();
    for (AttackedModel model : models) {
      model.files().forEach((file, fields) -> {
        Set<String> names = new TreeSet<>(fields.keySet());
        declared(file, fields).fields().forEach(field -> names.add(field.name()));
        names.forEach(name -> add(all, model, file, name, fields));
      });
    }
    Collections.shuffle(all, new Random(seed));
    return inTurn(all);
  }

  /** The pipelines take turns: each has as many in any beginning of the list, until it has no more. */
  private static List<Mutation> inTurn(List<Mutation> all) {
    Map<String, Deque<Mutation>> pipelines = new TreeMap<>();
    all.forEach(
        mutation -> pipelines.computeIfAbsent(mutation.model().pipeline(), name -> new ArrayDeque<>()).add(mutation));
    List<Mutation> turns = new ArrayList<>();
    while (turns.size() < all.size()) {
      for (Deque<Mutation> own : pipelines.values()) {
        if (!own.isEmpty()) {
          turns.add(own.remove());
        }
      }
    }
    return turns;
  }

  private static void add(List<Mutation> all, AttackedModel model, Path file, String name, Map<String, String> fields) {
    VALUES.forEach(value -> all.add(new Mutation(model, file, name, value, false)));
    if (fields.containsKey(name)) {
      all.add(new Mutation(model, file, name, null, false));
      all.add(new Mutation(model, file, name, null, true));
      if (JsonText.entries(fields.get(name)) > 0) {
        VALUES.forEach(value -> all.add(new Mutation(model, file, name + "[0]", value, false)));
      }
    }
  }

  private static Section declared(Path file, Map<String, String> fields) {
    String className =
        fields.getOrDefault("_class_name", fields.getOrDefault("architectures", "")).replaceAll("[\"\\[\\]]", "");
    return switch (file.getFileName().toString()) {
      case "model_index.json" -> Configurations.MODEL_INDEX;
      case "scheduler_config.json" -> Configurations.SCHEDULER;
      case "tokenizer_config.json" -> Configurations.TOKENIZER;
      default ->
          Configurations.all().stream().filter(section -> List.of(section.name().split(", ")).contains(className))
              .findFirst().orElseThrow(() -> new AssertionError(file + ": no section is that of " + className));
    };
  }
}
