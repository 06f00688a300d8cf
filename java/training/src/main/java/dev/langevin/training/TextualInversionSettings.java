package dev.langevin.training;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A word that is learnt (textual inversion, arXiv:2208.01618).
 *
 * @param placeholder how texts call it
 * @param initializer a word of one token, with whose embedding it begins
 * @param vectors embeddings that it stands for; null for 1
 * @param property object or style; null for object
 * @param templates sentences with {} for the word; null for those of the property
 */
public record TextualInversionSettings(String placeholder, String initializer, Integer vectors, String property,
    List<String> templates) {

  /** Where a sentence has the word. */
  private static final String WORD = "{}";

  /** What files of learned tokens call something else. */
  private static final Set<String> TAKEN = Set.of("emb_params", "clip_l", "clip_g");

  private static final Map<String, List<String>> SENTENCES = Map.of(
      "object", List.of(
          "a photograph of {}", "a picture that shows {}", "{} seen from close by", "{} on a plain background",
          "a bright photograph of {}", "a dark photograph of {}", "a sharp photograph of {}",
          "a slightly blurred photograph of {}", "{} in the middle of the picture", "a part of {} in a photograph",
          "a photograph of {} from a distance", "a photograph of one {}", "my {} in a snapshot",
          "a well made photograph of {}", "a photograph of {} by daylight", "a photograph of {} indoors",
          "{} and nothing else", "a photograph of a clean {}", "a picture of the same {}", "a fine picture of {}"),
      "style", List.of(
          "a picture in the style of {}", "an artwork in the manner of {}", "a painting as {} would paint it",
          "a scene in the style of {}", "a landscape in the style of {}", "a portrait in the style of {}",
          "a still life in the style of {}", "a street in the style of {}", "a detail of a work in the style of {}",
          "a bright picture in the style of {}", "a dark picture in the style of {}",
          "a simple picture in the style of {}", "a rich picture in the style of {}", "an illustration by {}",
          "a work that looks like {}", "a new work in the style of {}"));

  /**
   * Copies {@code templates} and checks the words.
   *
   * @throws IllegalArgumentException if the placeholder is no single new word, or another setting is out of its range
   */
  public TextualInversionSettings {
    templates = templates == null ? null : List.copyOf(templates);
    if (placeholder == null || placeholder.isBlank() || placeholder.matches(".*\\s.*")
        || TAKEN.contains(placeholder)) {
      throw new IllegalArgumentException("textual_inversion.placeholder is '" + placeholder
          + "', must be one word without spaces that is none of "
          + String.join(", ", TAKEN.stream().sorted().toList()));
    }
    if (templates != null) {
      for (String template : templates) {
        if (!template.contains(WORD)) {
          throw new IllegalArgumentException("textual_inversion.templates: '" + template
              + "' has no {}, which stands for the new word");
        }
      }
    }
  }

  int count() {
    return vectors == null ? 1 : vectors;
  }

  /** What pictures are shown with. */
  List<String> sentences() {
    List<String> all = templates != null ? templates : SENTENCES.get(property == null ? "object" : property);
    return all.stream().map(sentence -> sentence.replace(WORD, placeholder)).toList();
  }
}
