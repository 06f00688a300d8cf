package dev.langevin.training.data.emoji;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.training.data.source.NewFolder;
import dev.langevin.training.data.source.NpmPackage;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The data set of emojis as a folder: {@code train/*.png} of 64x64 with transparency and their {@code metadata.jsonl},
 * a tokenizer with the captions' vocabulary, {@code prompts.txt} to evaluate with, and {@code dataset.json}, which says
 * what it was made of. The same tarball, seed and length make the same bytes.
 *
 * @param pictures in {@code train}
 * @param captions of all pictures
 * @param mirrored pictures that may be mirrored
 * @param vocabulary symbols of the tokenizer
 * @param categories pictures of each
 */
public record EmojiDataset(int pictures, int captions, int mirrored, int vocabulary, Map<String, Integer> categories) {

  private static final int SIDE = 64;

  private static final String LICENCE = "Apache-2.0"; // of Noto Emoji's pictures; the list of names is under the MIT
                                                      // licence

  /** A hundred prompts for evaluation, ten to a row of a grid, all of things that the data set shows. */
  public static List<String> prompts() {
    return TextTable.lines("prompts.txt");
  }

  /**
   * Makes the folder from the package, which is downloaded.
   *
   * @param registry npm's
   * @param length of a text in tokens, for the tokenizer
   * @param seed of the captions' templates
   * @param colours in which each thing of one colour is shown besides, 0 to 7 drawn by the seed: from these a model
   *   learns what a colour's name does. The tokenizer is the same with them
   * @throws IOException if the package cannot be had or is not the right one, or the folder cannot be made
   */
  public static EmojiDataset download(URI registry, Path out, int length, long seed, int colours) throws IOException {
    NewFolder.requireNew(out);
    Path tarball = Files.createTempFile("langevin-emoji", ".tgz");
    try {
      EmojiPackage.NPM.download(registry, tarball);
      return write(EmojiPackage.NPM, tarball, out, length, seed, colours);
    } finally {
      Files.deleteIfExists(tarball);
    }
  }

  /** {@link #download} from the package's tarball, which is checked. */
  public static EmojiDataset of(Path tarball, Path out, int length, long seed, int colours) throws IOException {
    return of(EmojiPackage.NPM, tarball, out, length, seed, colours);
  }

  static EmojiDataset of(NpmPackage npm, Path tarball, Path out, int length, long seed, int colours)
      throws IOException {
    NewFolder.requireNew(out);
    npm.verify(tarball);
    return write(npm, tarball, out, length, seed, colours);
  }

  private static EmojiDataset write(NpmPackage npm, Path tarball, Path out, int length, long seed, int colours)
      throws IOException {
    EmojiPackage emojis = EmojiPackage.read(tarball);
    EmojiDataset[] made = new EmojiDataset[1];
    NewFolder.write(out, folder -> made[0] = write(npm, emojis, folder, length, seed, colours));
    return made[0];
  }

  private static EmojiDataset write(NpmPackage npm, EmojiPackage emojis, Path folder, int length, long seed,
      int colours)
      throws IOException {
    Path train = Files.createDirectory(folder.resolve("train"));
    EmojiCaptions phrases = new EmojiCaptions(seed);
    List<EmojiExample> examples = EmojiExample.list(emojis.entries(), phrases);
    List<String> texts = new ArrayList<>(prompts());
    examples.forEach(example -> texts.addAll(example.captions()));
    CaptionVocabulary vocabulary = CaptionVocabulary.of(texts);
    Map<String, byte[]> pictures = new HashMap<>(emojis.pictures());
    for (EmojiExample example : new Recolouring(phrases, seed).of(examples, colours, pictures)) {
      examples.add(example);
      texts.addAll(example.captions());
    }
    ObjectMapper json = new ObjectMapper();
    try (BufferedWriter metadata = Files.newBufferedWriter(train.resolve("metadata.jsonl"))) {
      for (EmojiExample example : examples) {
        Files.write(train.resolve(example.file()), pictures.get(example.file()));
        metadata.write(json.writeValueAsString(example.metadata()) + "\n");
      }
    }
    requireLength(vocabulary.tokenizer(length), texts);
    vocabulary.write(folder.resolve("tokenizer"), length);
    Files.write(folder.resolve("prompts.txt"), prompts());
    Map<String, Integer> categories = new TreeMap<>();
    examples.forEach(example -> categories.merge(example.entry().category(), 1, Integer::sum));
    EmojiDataset made =
        new EmojiDataset(examples.size(), examples.stream().mapToInt(example -> example.captions().size()).sum(),
            (int) examples.stream().filter(EmojiExample::mayBeMirrored).count(), vocabulary.size(), categories);
    json.enable(SerializationFeature.INDENT_OUTPUT);
    json.writeValue(folder.resolve("dataset.json").toFile(),
        made.description(npm, emojis.pictures().size(), length, seed, colours));
    return made;
  }

  /** A caption that is cut would teach its beginning only. */
  private static void requireLength(ClipTokenizer tokenizer, List<String> texts) {
    String longest = Collections.max(texts, Comparator.comparingInt(text -> tokenizer.encode(text).size()));
    int needed = tokenizer.encode(longest).size();
    if (needed > tokenizer.length()) {
      throw new IllegalArgumentException(
          "a text of " + tokenizer.length() + " tokens is too short for the caption '" + longest
              + "'; it must be at least " + needed);
    }
  }

  private Map<String, Object> description(NpmPackage npm, int inPackage, int length, long seed, int colours) {
    Map<String, Object> description = new LinkedHashMap<>();
    description.put("package", npm.name());
    description.put("version", npm.version());
    description.put("integrity", npm.integrity());
    description.put("licence", LICENCE);
    description.put("side", SIDE);
    description.put("pictures", pictures);
    description.put("pictures_in_package", inPackage);
    description.put("pictures_that_may_be_mirrored", mirrored);
    description.put("captions", captions);
    description.put("categories", categories);
    description.put("vocabulary", vocabulary);
    description.put("tokens", length);
    description.put("seed", seed);
    description.put("colours", colours);
    return description;
  }
}
