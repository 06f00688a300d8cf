package dev.langevin.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CLIP's tokenizer (Radford et al., arXiv:2103.00020, section 2.4) as transformers has it: Unicode in composed form,
 * white space to single spaces, lower case, words by a pattern, byte pairs within a word. Immutable; any number of
 * threads may share one.
 */
public final class ClipTokenizer {

  private static final String START = "<|startoftext|>";
  private static final String END = "<|endoftext|>";

  private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * Letters stay together, digits stand alone, what is neither stays together; English endings are words of their own.
   */
  private static final Pattern WORD = Pattern.compile(
      "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+", Pattern.UNICODE_CHARACTER_CLASS);

  private static final String SPECIAL = "<\\|startoftext\\|>|<\\|endoftext\\|>";

  private static final Pattern SPECIALS = Pattern.compile(SPECIAL);

  /** Words whose ids are kept; prompts repeat few words. */
  private static final int KEPT_WORDS = 10_000;

  private static final int KEPT_LENGTH = 64;

  private final Map<String, Integer> vocabulary;
  private final Map<Integer, String> symbols = new HashMap<>();
  private final BytePairs pairs;
  private final int start;
  private final int end;
  private final int padding;
  private final int length;
  private final Map<String, List<Integer>> kept = new ConcurrentHashMap<>();
  private final Map<String, List<Integer>> learned; // by the token in any case
  private final Map<String, List<Integer>> named; // learned tokens by what web UIs call them
  private final Pattern whole; // what is no text: special and learned tokens

  /**
   * A tokenizer without learned tokens.
   *
   * @param vocabulary ids of the symbols
   * @param merges pairs of symbols, the first learned first
   * @param padding symbol that fills a text up to its length
   * @param length of a text in tokens, at least 2
   * @throws IllegalArgumentException if a symbol that is needed has no id
   */
  public ClipTokenizer(Map<String, Integer> vocabulary, List<String[]> merges, String padding, int length) {
    if (length < 2) {
      throw new IllegalArgumentException("a text of " + length + " tokens has no room for its start and its end");
    }
    this.vocabulary = Map.copyOf(vocabulary);
    this.start = id(START);
    this.end = id(END);
    this.padding = id(padding);
    this.length = length;
    this.pairs = new BytePairs(this.vocabulary, merges, end);
    vocabulary.forEach((symbol, id) -> symbols.put(id, symbol));
    this.learned = Map.of();
    this.named = Map.of();
    this.whole = SPECIALS;
  }

  private ClipTokenizer(ClipTokenizer base, Map<String, List<Integer>> learned, Map<String, List<Integer>> files) {
    this.vocabulary = base.vocabulary;
    this.start = base.start;
    this.end = base.end;
    this.padding = base.padding;
    this.length = base.length;
    this.pairs = base.pairs;
    this.symbols.putAll(base.symbols);
    this.learned = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    StringBuilder pattern = new StringBuilder(SPECIAL);
    learned.keySet().stream().sorted(Comparator.comparingInt(token -> -token.length())).forEach(token -> {
      if (token.isBlank() || this.learned.put(token, List.copyOf(learned.get(token))) != null) {
        throw new IllegalArgumentException(
            "the learned token '" + token + "' is blank, or differs from another by its case alone; rename it");
      }
      this.symbols.put(learned.get(token).getFirst(), token + BytePairs.WORD_END);
      // a token that is a word stands for itself only where it is one
      pattern.append("|(?iu:").append(Character.isLetterOrDigit(token.codePointAt(0)) ? "(?<![\\p{L}\\p{N}])" : "")
          .append(Pattern.quote(token))
          .append(Character.isLetterOrDigit(token.codePointBefore(token.length())) ? "(?![\\p{L}\\p{N}])" : "")
          .append(')');
    });
    this.whole = Pattern.compile(pattern.toString());
    this.named = new LinkedHashMap<>(files);
    learned.forEach(named::putIfAbsent);
  }

  /**
   * A tokenizer that also knows learned tokens, in any case: each stands for as many ids as it has vectors.
   *
   * @param learned ids of each token
   * @throws IllegalArgumentException if a token is blank, or two differ by their case alone
   */
  public ClipTokenizer with(Map<String, List<Integer>> learned) {
    return with(learned, Map.of());
  }

  /** {@link #with(Map)}, where web UIs also know tokens by their files' names. */
  public ClipTokenizer with(Map<String, List<Integer>> learned, Map<String, List<Integer>> files) {
    Map<String, List<Integer>> all = new HashMap<>(this.learned);
    all.keySet().removeIf(token -> learned.keySet().stream().anyMatch(token::equalsIgnoreCase));
    all.putAll(learned);
    return new ClipTokenizer(this, all, files);
  }

  /** Learned tokens by all names that they are called by. */
  public Set<String> learned() {
    return Collections.unmodifiableSet(named.keySet());
  }

  /** Ids of learned tokens by all names that web UIs know them by. */
  Map<String, List<Integer>> named() {
    return Collections.unmodifiableMap(named);
  }

  private int id(String symbol) {
    Integer id = vocabulary.get(symbol);
    if (id == null) {
      throw new IllegalArgumentException("the vocabulary has no symbol " + symbol + "; is it a CLIP tokenizer's?");
    }
    return id;
  }

  /** Tokens of a text as it is read, start and end included. */
  public int length() {
    return length;
  }

  /** One more than the largest id. */
  public int entries() {
    return vocabulary.values().stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
  }

  /** The token of the largest id. */
  public String last() {
    int last = entries() - 1;
    return vocabulary.entrySet().stream().filter(entry -> entry.getValue() == last).findFirst().orElseThrow().getKey();
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  int padding() {
    return padding;
  }

  /** The ids of a text without start, end and learned tokens. */
  List<Integer> plain(String text) {
    List<Integer> ids = new ArrayList<>();
    read(text, SPECIALS, ids);
    return ids;
  }

  /** The ids of a text, with start and end, of any length. */
  public List<Integer> encode(String text) {
    List<Integer> ids = new ArrayList<>();
    ids.add(start);
    read(text, whole, ids);
    ids.add(end);
    return ids;
  }

  private void read(String text, Pattern tokens, List<Integer> ids) {
    Matcher token = tokens.matcher(text);
    int from = 0;
    while (token.find()) {
      words(text.substring(from, token.start()), ids);
      List<Integer> found = learned.get(token.group());
      ids.addAll(found != null ? found : List.of(id(token.group())));
      from = token.end();
    }
    words(text.substring(from), ids);
  }

  private void words(String text, List<Integer> ids) {
    Matcher words = WORD.matcher(lower(SPACE.matcher(Normalizer.normalize(text, Normalizer.Form.NFC)).replaceAll(" ")));
    while (words.find()) {
      String word = words.group();
      List<Integer> known = word.length() > KEPT_LENGTH ? null : kept.get(word);
      if (known == null) {
        known = pairs.encode(word);
        if (word.length() <= KEPT_LENGTH && kept.size() < KEPT_WORDS) {
          kept.put(word, known);
        }
      }
      ids.addAll(known);
    }
  }

  /** Letter by letter: a letter's lower case does not depend on its neighbours here. */
  private static String lower(String text) {
    StringBuilder lower = new StringBuilder(text.length());
    text.codePoints().forEach(c -> {
      if (c < 128) {
        lower.append((char) Character.toLowerCase(c));
      } else {
        lower.append(Character.toString(c).toLowerCase(Locale.ROOT));
      }
    });
    return lower.toString();
  }

  /** A text cut or padded to {@link #length}. */
  public TokenIds tokenize(String text) {
    List<Integer> all = encode(text);
    long[] ids = new long[length];
    int used = Math.min(all.size(), length);
    for (int i = 0; i < length; i++) {
      ids[i] = i < used ? all.get(i) : padding;
    }
    String cut = "";
    if (all.size() > length) {
      ids[length - 1] = end;
      cut = decode(all.subList(length - 1, all.size() - 1));
    }
    return new TokenIds(ids, used, cut);
  }

  /** The text of ids, without start and end. */
  public String decode(List<Integer> ids) {
    List<String> text = new ArrayList<>();
    for (int id : ids) {
      if (id != start && id != end) {
        text.add(symbols.getOrDefault(id, ""));
      }
    }
    return BytePairs.decode(text).strip();
  }
}
