package dev.langevin.cli;

import dev.langevin.hub.HubException;
import dev.langevin.hub.HubSettings;
import dev.langevin.hub.ModelHub;
import dev.langevin.hub.ModelReference;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Models of the hub where a command takes a path: {@code hf:OWNER/NAME[@REVISION]} becomes the folder, or the file, in
 * the cache before the command begins, so that no command knows of it. What is not named so is never fetched.
 */
final class HubPaths {

  /** A model's place in the cache: {@code models--OWNER--NAME/snapshots/COMMIT}, or the one file in that. */
  private static final Pattern CACHED =
      Pattern.compile(".*/models--([\\w.-]+?)--([\\w.-]+)/snapshots/([0-9a-f]{40})(?:/([^/]+))?");

  private static final Pattern WEIGHTED = Pattern.compile("(hf:[^:]+)(:.*)");

  /** Which names of variables say where the hub is; tests have their own. */
  static Map<String, String> environment = System.getenv();

  private HubPaths() {}

  /** The hub of the environment, which the caller closes. */
  static ModelHub hub() throws HubException {
    return new ModelHub(HubSettings.of(environment, Path.of(System.getProperty("user.home"))));
  }

  /** Replaces the paths that name models of the hub among the arguments of the command that is about to run. */
  static void resolve(ParseResult parsed) {
    ParseResult last = parsed;
    while (true) {
      if (last.isUsageHelpRequested() || last.isVersionHelpRequested()) {
        return;
      }
      if (!last.hasSubcommand()) {
        break;
      }
      last = last.subcommand();
    }
    try {
      for (ArgSpec argument : last.matchedArgs()) {
        if (!(argument instanceof OptionSpec option && option.longestName().equals("--out"))) {
          resolve(argument);
        }
      }
    } catch (RuntimeException e) {
      throw new ExecutionException(last.commandSpec().commandLine(), e.getMessage(), e);
    }
  }

  private static void resolve(ArgSpec argument) {
    Object value = argument.getValue();
    if (value instanceof Path path) {
      Path local = local(path);
      if (local != path) {
        argument.setValue(local);
      }
    } else if (value instanceof List<?> list && argument.auxiliaryTypes()[0] == Path.class) {
      List<Path> locals = list.stream().map(each -> local((Path) each)).toList();
      if (!locals.equals(list)) {
        argument.setValue(new ArrayList<>(locals));
      }
    }
  }

  /**
   * A path itself, or where the model of the hub lies that it names: fetched if it is not in the cache.
   *
   * @param path or null
   * @throws UncheckedIOException in the words of a {@link HubException}
   */
  static Path local(Path path) {
    if (path == null || !ModelReference.isOne(path.toString())) {
      return path;
    }
    try (ModelHub hub = hub(); HubProgress progress = new HubProgress()) {
      return hub.get(ModelReference.parse(path.toString()), progress);
    } catch (HubException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** {@code hf:OWNER/NAME@COMMIT} for a model in the cache, or null for any other place. */
  static String name(Path place) {
    Matcher cached = CACHED.matcher(place.toAbsolutePath().normalize().toString());
    return !cached.matches() ? null
        : ModelReference.PREFIX + cached.group(1) + "/" + cached.group(2) + "@" + cached.group(3);
  }

  /** As {@link #local}, of a text with a weight behind a colon, or without. */
  static String local(String weighted) {
    Matcher parts = WEIGHTED.matcher(weighted);
    if (parts.matches()) {
      return local(Path.of(parts.group(1))) + parts.group(2);
    }
    return ModelReference.isOne(weighted) ? local(Path.of(weighted)).toString() : weighted;
  }
}
