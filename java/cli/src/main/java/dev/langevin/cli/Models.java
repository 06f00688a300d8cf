package dev.langevin.cli;

import dev.langevin.hub.CachedModel;
import dev.langevin.hub.HubException;
import dev.langevin.hub.ModelHub;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "models", header = "Lists models that are here, and published ones that run.",
    footer = {"langevin models", "langevin models --measure"}, mixinStandardHelpOptions = true,
    description = "Lists the models that are here, in the hub's cache and elsewhere on the disk, and published ones"
        + " that run, with what they take on this machine. Asks nothing of the network.")
final class Models implements Callable<Integer> {

  private static final int DIGITS = 8; // of a commit

  @Option(names = "--model-dir", paramLabel = "DIR", description = "Also look for models below this folder (none).")
  private Path folder;

  @Option(names = "--measure",
      description = "Measure this machine for a minute: the table then tells the time of a picture, and its memory.")
  private boolean measure;

  @Override
  public Integer call() throws IOException {
    Map<PublishedModel, PictureTimes.Estimate> times =
        measure ? PictureTimes.usual().measure() : PictureTimes.usual().known();
    cached();
    onDisk();
    published(times);
    return 0;
  }

  private static void cached() throws HubException {
    try (ModelHub hub = HubPaths.hub()) {
      List<CachedModel> models = hub.models();
      Messages.line("In the cache %s:", hub.settings().cache());
      for (CachedModel model : models) {
        Messages.line("  %-50s %9s  %s", "hf:" + model.repository(), size(model.bytes()),
            model.revisions().isEmpty() ? model.commit().substring(0, Math.min(DIGITS, model.commit().length()))
                : String.join(", ", model.revisions()));
      }
      if (models.isEmpty()) {
        Messages.line("  none; 'langevin pull OWNER/NAME' fetches one");
      }
    }
  }

  private void onDisk() throws IOException {
    List<Path> models =
        ModelFinder.usual().onDisk(folder).stream().filter(path -> HubPaths.name(path) == null).toList();
    Messages.line("%nOn the disk, used before%s:", folder == null ? "" : " or below " + folder);
    models.forEach(path -> Messages.line("  %s", path));
    if (models.isEmpty()) {
      Messages.line("  none; --model-dir DIR looks below a folder");
    }
  }

  private void published(Map<PublishedModel, PictureTimes.Estimate> times) {
    Messages.line("%nPublished; 'langevin pull --dry-run NAME' tells the exact bytes to fetch:");
    Messages.line("  %-45s %9s %9s %10s", "name, family, licence", "to fetch", "memory", "a picture");
    for (PublishedModel model : PublishedModel.values()) {
      PictureTimes.Estimate time = times.get(model);
      Messages.line("  %-45s %9s %9s %10s", model.name, size(PublishedModel.bytesToFetch(model, model.uses())),
          time == null ? "?" : size(time.bytes()), time == null ? "?" : seconds(time.seconds()));
      Messages.line("      %s; %s; %dx%d, %s", model.family, model.licence, model.side, model.side,
          model.steps == 1 ? "1 step" : model.steps + " steps");
    }
    Messages.line(times.isEmpty() ? "Memory and times of this machine come with --measure, which takes a minute."
        : "Memory and times are planned and estimated for this machine in f32; --measure measures anew.");
  }

  private static String size(double bytes) {
    return String.format(Locale.ROOT, bytes < 1e9 ? "%.0f MB" : "%.1f GB", bytes < 1e9 ? bytes * 1e-6 : bytes * 1e-9);
  }

  private static String seconds(double seconds) {
    return seconds < 100 ? String.format(Locale.ROOT, "%.1f s", seconds)
        : String.format(Locale.ROOT, "%.0f min", seconds / 60);
  }
}
