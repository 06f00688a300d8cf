package dev.langevin.cli;

import dev.langevin.hub.HubException;
import dev.langevin.hub.HubFile;
import dev.langevin.hub.HubModel;
import dev.langevin.hub.ModelHub;
import dev.langevin.hub.ModelReference;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "pull", header = "Fetches a model of the Hugging Face Hub.",
    footer = {"langevin pull stabilityai/sd-turbo", "langevin pull stabilityai/sd-turbo --dry-run"},
    mixinStandardHelpOptions = true,
    description = "Fetches a model of the Hugging Face Hub, or what of it is new, into the cache that huggingface_hub"
        + " has too; --model hf:OWNER/NAME then takes it from there.")
final class Pull implements Callable<Integer> {

  @Parameters(arity = "1..*", paramLabel = "OWNER/NAME[@REVISION]",
      description = "The model; the revision is a branch, a tag or a commit (main).")
  private List<String> models;

  @Option(names = "--dry-run", description = "Only list the files that a load needs, and which of them are to come.")
  private boolean dry;

  @Override
  public Integer call() throws HubException {
    for (String name : models) {
      ModelReference.parse(name); // before the first of them comes
    }
    try (ModelHub hub = HubPaths.hub()) {
      for (String name : models) {
        if (dry) {
          list(hub, ModelReference.parse(name));
        } else {
          try (HubProgress progress = new HubProgress()) {
            Output.file(hub.fetch(ModelReference.parse(name), progress));
          }
        }
      }
    }
    return 0;
  }

  private static void list(ModelHub hub, ModelReference name) throws HubException {
    try (HubProgress progress = new HubProgress()) {
      HubModel model = hub.look(name, progress);
      for (HubFile file : model.files()) {
        Messages.line("%14d  %-6s  %s", file.bytes(), model.missing().contains(file) ? "fetch" : "cached",
            file.path());
      }
      Messages.line("%14d  bytes in %d files of %s, commit %s; %d bytes to fetch", model.bytes(), model.files().size(),
          name, model.commit(), model.missingBytes());
    }
  }
}
