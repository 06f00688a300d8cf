package dev.langevin.training.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * All that was measured of a model, with what it was measured by. Two reports may be compared where counts, width, k
 * and whatever made the features are the same: say in the settings which network that was.
 *
 * @param real how many real pictures
 * @param generated how many generated ones
 * @param width of the features
 * @param frechetDistance as {@link FrechetDistance} defines it
 * @param precisionRecall precision, recall, density and coverage
 * @param memorisation or null where it was not asked
 * @param conditionalAccuracy or null where the model takes no condition
 * @param settings what else belongs to the result, by name: checkpoint, sampler, steps, guidance, seed, the features'
 *   network
 */
public record EvaluationReport(
    int real, int generated, int width, double frechetDistance, PrecisionRecall precisionRecall,
    Memorisation memorisation,
    ConditionalAccuracy conditionalAccuracy, SequencedMap<String, String> settings) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectWriter PRETTY = JSON.writerWithDefaultPrettyPrinter();

  /**
   * Copies {@code settings}, in their order.
   *
   * @throws NullPointerException if {@code precisionRecall} or {@code settings} is missing
   */
  public EvaluationReport {
    Objects.requireNonNull(precisionRecall, "precisionRecall is missing");
    Objects.requireNonNull(settings, "settings is missing");
    settings = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(settings));
  }

  /**
   * Measures the Fréchet distance, precision and recall.
   *
   * @param k the neighbour that gives a ball its radius, as {@link PrecisionRecall} has it
   * @throws IllegalArgumentException if the widths differ, or a set has too few rows for the measures
   */
  public static EvaluationReport of(Features real, Features generated, int k) {
    return new EvaluationReport(real.rows(), generated.rows(), real.width(), FrechetDistance.between(real, generated),
        PrecisionRecall.of(real, generated, k), null, null, new LinkedHashMap<>());
  }

  /** With an answer to whether it is memorised. */
  public EvaluationReport with(Memorisation measured) {
    return new EvaluationReport(real, generated, width, frechetDistance, precisionRecall, measured, conditionalAccuracy,
        settings);
  }

  /** With a classifier's judgement. */
  public EvaluationReport with(ConditionalAccuracy measured) {
    return new EvaluationReport(real, generated, width, frechetDistance, precisionRecall, memorisation, measured,
        settings);
  }

  /** With a setting, after those there are. */
  public EvaluationReport with(String name, Object value) {
    SequencedMap<String, String> more = new LinkedHashMap<>(settings);
    more.put(name, String.valueOf(value));
    return new EvaluationReport(real, generated, width, frechetDistance, precisionRecall, memorisation,
        conditionalAccuracy, more);
  }

  /** All of it, confusion matrix and closest pictures included, that {@link #fromJson} reads back. */
  public String toJson() {
    try {
      return PRETTY.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report of numbers and texts cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException if it is not what {@link #toJson} writes
   */
  public static EvaluationReport fromJson(String json) {
    try {
      return JSON.readValue(json, EvaluationReport.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not an evaluation report: " + e.getOriginalMessage(), e);
    }
  }

  /** A table for people: a line a measure, then the settings. */
  @Override
  public String toString() {
    StringBuilder table = new StringBuilder();
    line(table, "Fréchet distance", frechetDistance,
        real + " real, " + generated + " generated, features of width " + width);
    line(table, "precision", precisionRecall.precision(), "k = " + precisionRecall.k());
    line(table, "recall", precisionRecall.recall(), "");
    line(table, "density", precisionRecall.density(), "");
    line(table, "coverage", precisionRecall.coverage(), "");
    if (conditionalAccuracy != null) {
      line(table, "accuracy", conditionalAccuracy.accuracy(), conditionalAccuracy.samples() + " samples");
      line(table, "top-" + conditionalAccuracy.k() + " accuracy", conditionalAccuracy.topK(), "");
    }
    if (memorisation != null) {
      line(table, "nearest example", memorisation.medianDistance(),
          number(memorisation.baselineMedianDistance()) + " of real pictures (medians)");
      line(table, "very near", memorisation.nearShare(),
          number(memorisation.baselineNearShare()) + " of real pictures");
      line(table, "singled out", memorisation.singledShare(),
          number(memorisation.baselineSingledShare()) + " of real pictures");
      table.append("memorised?        ").append(memorisation.verdict()).append('\n');
    }
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      table.append(String.format(Locale.ROOT, "%-17s %s", setting.getKey(), setting.getValue())).append('\n');
    }
    return table.toString();
  }

  private static void line(StringBuilder table, String name, double value, String remark) {
    table.append(String.format(Locale.ROOT, "%-17s %10s  %s", name, number(value), remark).stripTrailing())
        .append('\n');
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
