package dev.langevin.spark;

import dev.langevin.cli.PictureRows;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.PictureFormat;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * Makes rows' pictures in an executor, with the models that its tasks share. What a row asks for alone decides its
 * picture. One thread.
 */
final class RowMaker implements Serializable {

  private static final long serialVersionUID = 1;

  private final String[] common;
  private final String model; // or null for the embedded one
  private final PictureFormat format;
  private final Integer quality;
  private final int models;
  private transient boolean opened; // the model of rows that name none

  /**
   * A picture's file.
   *
   * @param warnings of what was cut from its prompt, and the like
   */
  record Picture(byte[] bytes, String parameters, long seed, List<String> warnings) {}

  /** @param options of the job */
  RowMaker(BulkOptions options) {
    this(options.generate(), options.model(),
        options.format() == BulkOptions.Format.WEBP ? PictureFormat.WEBP : PictureFormat.PNG, options.quality(),
        options.models());
  }

  /**
   * @param common options of {@code generate} for all rows
   * @param model of rows that name none, or null for the embedded one
   * @param models that stay open at once
   */
  RowMaker(List<String> common, String model, PictureFormat format, Integer quality, int models) {
    this.common = common.toArray(String[]::new);
    this.model = model;
    this.format = format;
    this.quality = quality;
    this.models = models;
  }

  /**
   * Makes a row's picture.
   *
   * @throws BulkException if no row can be made
   * @throws RuntimeException in the words of the command line, as the other, if this row cannot
   * @throws IOException if a file of it cannot be read
   */
  Picture make(Asked asked, Configuration configuration) throws IOException {
    String prompt = asked.texts().get("prompt");
    if (asked.texts().containsKey(Columns.CORRUPT)) {
      throw new IllegalArgumentException("the line is no JSON: " + asked.texts().get(Columns.CORRUPT));
    }
    if (prompt == null) {
      throw new IllegalArgumentException("the row has no prompt");
    }
    RemoteFiles files = RemoteFiles.usual(configuration);
    PictureRows rows = ExecutorModels.shared(models);
    if (!asked.texts().containsKey("model")) {
      open(configuration);
    }
    try (RowFiles own = new RowFiles(files)) {
      PictureRows.Made made = rows.make(model(asked, files), options(asked, own), prompt);
      byte[] bytes = format.encode(made.image(), Map.of(GenerationParameters.KEYWORD, made.parameters()), quality);
      return new Picture(bytes, made.parameters(), made.seed(), made.warnings());
    }
  }

  /**
   * Opens the model of rows that name none.
   *
   * @throws BulkException if it cannot be opened, which is no row's fault
   */
  void open(Configuration configuration) {
    if (opened) {
      return;
    }
    Asked nothing = new Asked(Map.of(), List.of(), Map.of());
    try {
      ExecutorModels.shared(models).open(model(nothing, RemoteFiles.usual(configuration)));
      opened = true;
    } catch (IOException | RuntimeException e) {
      throw new BulkException("the model cannot be opened: " + sentence(e), e);
    }
  }

  /** Options that a model is opened for. */
  private List<String> model(Asked asked, RemoteFiles files) throws IOException {
    List<String> options = new ArrayList<>();
    for (String option : common) {
      if (!isOfRow(name(option)) && !(name(option).equals("--lora") && !asked.loras().isEmpty())) {
        options.add(option);
      }
    }
    String own = asked.texts().getOrDefault("model", model);
    if (own != null) {
      options.add("--model=" + files.local(own));
    }
    for (String lora : asked.loras()) {
      options.add("--lora=" + files.localWeighted(lora));
    }
    return options;
  }

  /** Options of the picture: the row's, and of those for all rows the ones that the row does not have. */
  private List<String> options(Asked asked, RowFiles own) throws IOException {
    Map<String, String> options = new LinkedHashMap<>();
    for (String option : common) {
      if (isOfRow(name(option))) {
        options.put(name(option), option.substring(option.indexOf('=') + 1));
      }
    }
    for (Map.Entry<String, String> column : Asked.OPTIONS.entrySet()) {
      String text = asked.texts().get(column.getKey());
      if (text != null && isOfRow(column.getValue())) {
        options.put(column.getValue(), isPicture(column.getKey()) ? own.named(text).toString() : text);
      }
    }
    for (Map.Entry<String, byte[]> picture : asked.bytes().entrySet()) {
      Path file = own.of(picture.getKey(), picture.getValue());
      options.put(Asked.OPTIONS.get(picture.getKey()), file.toString());
    }
    if (options.getOrDefault("--seed", "0").strip().startsWith("-")) {
      throw new IllegalArgumentException("the seed is " + options.get("--seed")
          + ", which draws another each time; a row's picture must depend on the row alone, give 0 or more");
    }
    return options.entrySet().stream().map(option -> option.getKey() + "=" + option.getValue()).toList();
  }

  private static String name(String option) {
    int equals = option.indexOf('=');
    return equals < 0 ? option : option.substring(0, equals);
  }

  private static boolean isOfRow(String option) {
    return Asked.OPTIONS.containsValue(option) && !option.equals("--model") && !option.equals("--lora");
  }

  private static boolean isPicture(String column) {
    return column.equals("image") || column.equals("mask");
  }

  /** What an exception says, in one line. */
  static String sentence(Throwable error) {
    String message = error.getMessage();
    return (message == null ? error.toString() : message).replace('\n', ' ');
  }
}
