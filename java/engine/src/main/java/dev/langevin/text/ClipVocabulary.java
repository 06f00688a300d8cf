package dev.langevin.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * The vocabulary of 49,408 symbols that CLIP was trained with (Radford et al., arXiv:2103.00020; published by OpenAI
 * under the MIT licence), which checkpoints in one file go without. Only the merges are stored: the symbols follow from
 * them.
 */
public final class ClipVocabulary {

  private static final String MERGES = "clip-merges.txt.gz";

  private ClipVocabulary() {}

  /**
   * The tokenizer of texts of 77 tokens.
   *
   * @param padding {@code <|endoftext|>} for the encoder of Stable Diffusion 1, {@code !} for OpenCLIP's of 2 and XL
   */
  public static ClipTokenizer tokenizer(String padding) {
    List<String[]> merges = merges();
    return new ClipTokenizer(symbols(merges), merges, padding, 77);
  }

  /** Pairs of symbols, the first learned first. */
  public static List<String[]> merges() {
    List<String[]> merges = new ArrayList<>();
    try (InputStream file = ClipVocabulary.class.getResourceAsStream(MERGES);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(new GZIPInputStream(file), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        merges.add(line.split(" "));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return merges;
  }

  /** Ids of the symbols: the bytes' letters, those letters at a word's end, what the merges join, start and end. */
  public static Map<String, Integer> symbols(List<String[]> merges) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (String end : new String[] {"", BytePairs.WORD_END}) {
      BytePairs.lettersInOrder().forEach(letter -> ids.put(letter + end, ids.size()));
    }
    for (String[] pair : merges) {
      ids.put(pair[0] + pair[1], ids.size());
    }
    ids.put("<|startoftext|>", ids.size());
    ids.put("<|endoftext|>", ids.size());
    return ids;
  }
}
