package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.text.ComfyText;
import dev.langevin.text.PromptPart;
import dev.langevin.text.PromptSchedule;
import dev.langevin.text.PromptSchedule.Moments;
import dev.langevin.text.PromptSchedule.Row;
import dev.langevin.text.WeightedText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What AUTOMATIC1111 and ComfyUI read in prompts, right ones and malformed ones. */
final class PromptSyntaxCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("prompt_syntax");
  }

  @Override
  public void run(ReferenceCase c) {
    List<String> faults = new ArrayList<>();
    for (JsonNode prompt : c.json().get("prompts")) {
      String text = prompt.get("prompt").textValue();
      compare(faults, text, prompt.get("a1111_attention"), WeightedText::parse, c.maxAbs());
      compare(faults, text, prompt.get("comfyui_weights"), ComfyText::parse, c.maxAbs());
      for (JsonNode run : prompt.path("a1111_runs")) {
        schedules(faults, text, run, c.maxAbs());
      }
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(faults.size() + " faults, such as\n" + String.join("\n", faults.subList(0, Math.min(8,
          faults.size()))));
    }
  }

  private static void compare(List<String> faults, String text, JsonNode expected,
      Function<String, List<WeightedText>> reader, double bound) {
    List<WeightedText> actual;
    try {
      actual = reader.apply(text);
    } catch (IllegalArgumentException e) {
      if (!expected.has("error")) {
        faults.add("'" + text + "': expected " + expected + ", refused: " + e.getMessage());
      }
      return;
    }
    boolean same = expected.isArray() && expected.size() == actual.size();
    for (int i = 0; same && i < actual.size(); i++) {
      same = expected.get(i).get(0).textValue().equals(actual.get(i).text())
          && Math.abs(expected.get(i).get(1).doubleValue() - actual.get(i).weight()) <= bound;
    }
    if (!same) {
      faults.add("'" + text + "': expected " + expected + ", actual " + actual);
    }
  }

  private static void schedules(List<String> faults, String prompt, JsonNode run, double bound) {
    int steps = run.get("steps").intValue();
    boolean second = run.get("hires_steps").isNumber();
    boolean old = run.get("use_old_scheduling").booleanValue();
    Moments moments = second && !old ? new Moments(run.get("hires_steps").intValue(), steps, true, false)
        : new Moments(steps, 0, false, old);
    List<PromptPart> parts = PromptPart.of(prompt);
    JsonNode expected = run.get("subprompts");
    if (parts.size() != expected.size()) {
      faults.add("'" + prompt + "': expected " + expected + ", actual " + parts);
      return;
    }
    for (int i = 0; i < parts.size(); i++) {
      JsonNode part = expected.get(i);
      if (!part.get("text").textValue().equals(parts.get(i).text())
          || Math.abs(part.get("weight").doubleValue() - parts.get(i).weight()) > bound) {
        faults.add("'" + prompt + "': expected " + part.get("text") + " " + part.get("weight") + ", actual "
            + parts.get(i));
      }
      List<Row> rows = PromptSchedule.rows(parts.get(i).text(), moments);
      boolean same = rows.size() == part.get("schedule").size();
      for (int r = 0; same && r < rows.size(); r++) {
        same = part.get("schedule").get(r).get(0).intValue() == rows.get(r).last()
            && part.get("schedule").get(r).get(1).textValue().equals(rows.get(r).text());
      }
      JsonNode used = part.get("row_at_sampler_step");
      for (int call = 0; same && call < used.size(); call++) {
        same = PromptSchedule.at(rows, call) == rows.get(used.get(call).intValue());
      }
      if (!same) {
        faults.add("'" + prompt + "' in " + moments + ": expected " + part.get("schedule") + " " + used + ", actual "
            + rows);
      }
    }
    for (Map.Entry<String, JsonNode> text : run.path("attention_of_texts").properties()) {
      compare(faults, text.getKey(), text.getValue(), WeightedText::parse, bound);
    }
  }
}
