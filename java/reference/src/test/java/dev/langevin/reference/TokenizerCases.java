package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.TokenIds;
import dev.langevin.weights.TokenizerFiles;
import java.util.ArrayList;
import java.util.List;

/** CLIP's tokenizer: the ids of every stored prompt, whole and cut to the encoder's length. */
final class TokenizerCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("clip_tokenizer");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    ClipTokenizer tokenizer = TokenizerFiles.clip(c.model().resolve("tokenizer"));
    JsonNode prompts = new ObjectMapper().readTree(c.dir().resolve("prompts.json").toFile());
    List<String> faults = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      JsonNode prompt = prompts.get(i);
      String text = prompt.get("text").asText();
      List<Integer> expected = new ArrayList<>();
      List<Integer> actual = tokenizer.encode(text);
      if (prompt.path("ids").isArray()) {
        prompt.get("ids").forEach(id -> expected.add(id.asInt()));
      } else { // of a very long text only the number and the end are stored
        prompt.get("ids_tail").forEach(id -> expected.add(id.asInt()));
        if (actual.size() != prompt.get("length").asInt()) {
          faults.add("a text of " + text.length() + " letters: expected " + prompt.get("length") + " tokens, actual "
              + actual.size());
        }
        actual = actual.subList(Math.max(0, actual.size() - expected.size()), actual.size());
      }
      if (!actual.equals(expected)) {
        faults.add("'" + text + "': expected " + expected + ", actual " + actual);
      }
      if (c.has("ids77")) {
        TokenIds cut = tokenizer.tokenize(text);
        Tensor row = c.tensor("ids77").row(i);
        if (!java.util.Arrays.equals(cut.ids(), row.toLongs())) {
          faults.add("'" + text + "' cut to 77: expected " + java.util.Arrays.toString(row.toLongs()) + ", actual "
              + java.util.Arrays.toString(cut.ids()));
        }
      }
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(
          faults.size() + " of " + prompts.size() + " prompts: " + faults.subList(0, Math.min(4, faults.size())));
    }
  }
}
