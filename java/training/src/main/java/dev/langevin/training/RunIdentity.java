package dev.langevin.training;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.training.data.Annotation;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.FileDigest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a run learns from, key by key: its settings, and digests of what its paths lead to. A checkpoint keeps it, so
 * that one is not resumed as another run. Where things lie, how long the run is and what is shown of it is not part of
 * it.
 *
 * @param keys values by the keys of a run's file
 */
record RunIdentity(Map<String, String> keys) {

  /** Change nothing that is learnt, or are known by the data. */
  private static final Set<String> FREE =
      Set.of("output", "memory", "log", "data.strict", "data.incomplete", "data.split", "data.caption_column",
          "steps.checkpoint_every", "steps.keep", "prior_preservation.count");

  /** Known by what they lead to. */
  private static final Set<String> PATHS =
      Set.of("init", "data.path", "model.parts", "model.vae_folder", "model.tokenizer", "prior_preservation.path");

  /** Files of a model that are digested whole; of larger ones samples are. */
  private static final long WHOLE = 16L << 20;

  private static final int DEPTH = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** @param classPictures of a run that preserves a prior; null for none */
  static RunIdentity of(TrainingConfig config, Dataset dataset, Dataset classPictures) {
    Map<String, String> keys = new TreeMap<>();
    config.written().forEach((key, value) -> {
      if (!FREE.contains(key) && !PATHS.contains(key) && !key.startsWith("samples.")) {
        keys.put(key, value);
      }
    });
    if (config.steps().floor() == null) {
      keys.remove("steps.count"); // the rate does not depend on it
    }
    keys.put("data.path", digest(dataset));
    if (classPictures != null) {
      keys.put("prior_preservation.path", digest(classPictures));
    }
    put(keys, "init", config.init());
    put(keys, "model.parts", config.model().parts());
    put(keys, "model.vae_folder", config.model().vaeFolder());
    put(keys, "model.tokenizer", config.model().tokenizer());
    return new RunIdentity(keys);
  }

  private static void put(Map<String, String> keys, String key, Path folder) {
    if (folder != null && Files.exists(folder)) {
      keys.put(key, digest(folder));
    }
  }

  static RunIdentity parse(String json) throws IOException {
    return new RunIdentity(JSON.readValue(json, new TypeReference<TreeMap<String, String>>() {}));
  }

  String json() throws IOException {
    return JSON.writeValueAsString(keys);
  }

  /** What is different, in words, key by key; empty for the same run. */
  List<String> differences(RunIdentity then) {
    Set<String> all = new TreeSet<>(keys.keySet());
    all.addAll(then.keys.keySet());
    List<String> different = new ArrayList<>();
    for (String key : all) {
      String now = value(key);
      String before = then.value(key);
      if (same(now, before)) {
        continue;
      }
      if (PATHS.contains(key)) {
        different.add(key + " leads to "
            + (key.equals("data.path") || key.equals("prior_preservation.path") ? "other pictures, labels or captions"
                : "another model or other files")
            + " (then " + before + ", now " + now + ")");
      } else {
        different.add(key + " was " + before + ", is " + now
            + (key.equals("steps.count") ? ", on which the rate depends where steps.floor is given" : ""));
      }
    }
    return different;
  }

  private String value(String key) {
    return keys.getOrDefault(key, Settings.all().stream().filter(setting -> setting.path().equals(key)).findFirst()
        .map(Setting::absent).orElse(Setting.NONE));
  }

  private static boolean same(String a, String b) {
    if (a.equals(b)) {
      return true;
    }
    try {
      return new BigDecimal(a).compareTo(new BigDecimal(b)) == 0;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest(), 0, 8);
  }

  /** Of names, labels, captions and pictures, in their order; not of where they lie. */
  private static String digest(Dataset dataset) {
    MessageDigest digest = sha256();
    for (int i = 0; i < dataset.size(); i++) {
      Annotation annotation = dataset.annotation(i);
      String said = annotation.name() + "\0" + annotation.label() + "\0" + annotation.flippable() + "\0"
          + String.join("\0", annotation.captions()) + "\n";
      digest.update(said.getBytes(StandardCharsets.UTF_8));
      dataset.digest(i, digest);
    }
    return dataset.size() + " pictures, digest " + hex(digest);
  }

  /** Of the files of a model or one of its parts. */
  static String digest(Path folder) {
    MessageDigest digest = sha256();
    int count = 0;
    try (Stream<Path> files = Files.walk(folder, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : files.filter(RunIdentity::ofModel).sorted().toList()) {
        digest.update(folder.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
        FileDigest.add(file, WHOLE, digest);
        count++;
      }
    } catch (IOException | UncheckedIOException e) {
      throw new TrainingException(folder + ": cannot be read: " + e, e);
    }
    return count + " files, digest " + hex(digest);
  }

  private static boolean ofModel(Path file) {
    return file.getFileName().toString().matches("(?i)[^.].*\\.(json|txt|safetensors|bin|ckpt|pt|pth|model)")
        && Files.isRegularFile(file);
  }
}
