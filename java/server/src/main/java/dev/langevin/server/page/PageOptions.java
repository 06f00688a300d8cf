package dev.langevin.server.page;

import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.request.ModelFacts;
import dev.langevin.server.ModelPool;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import java.util.ArrayList;
import java.util.List;

/** What there is to choose from in the page. Thread-safe. */
final class PageOptions {

  /** Schedules of noise levels that every sampler by name has. */
  static final List<String> SCHEDULES =
      List.of("Karras", "Exponential", "Beta", "Normal", "Simple", "SGM Uniform", "DDIM");

  private final ServerContext server;

  PageOptions(ServerContext server) {
    this.server = server;
  }

  /**
   * All of it.
   *
   * @param models their names, the usual one first
   * @param maxPictures most pictures of a request, as {@code maxSteps}
   */
  record All(List<String> models, List<String> samplers, List<String> schedules, List<String> loras, int maxPictures,
      int maxSteps) {}

  /**
   * What the page says of a model.
   *
   * @param guidance that it is usually guided by, or null for its family's
   * @param multiple what both sides are multiples of
   * @param classes names of its classes, or none
   */
  record Model(String name, String family, int width, int height, int multiple, Double guidance, boolean readsText,
      boolean needsClass, boolean upscales, List<String> classes) {}

  All all() {
    return new All(models(), NamedSamplers.labels(), SCHEDULES, List.copyOf(server.loras().list().keySet()),
        server.options().maxPictures, server.options().maxSteps);
  }

  private List<String> models() {
    List<String> names = new ArrayList<>(server.models().list().stream().map(ServedModel::name).toList());
    if (!names.isEmpty()) {
      String usual = server.models().find(null).name();
      names.remove(usual);
      names.addFirst(usual);
    }
    return names;
  }

  /**
   * Opens the model, if it is not open; its networks are made ready by the first request.
   *
   * @throws dev.langevin.server.Fault 404 if there is none of that name
   */
  Model model(String name) {
    ServedModel model = server.models().find(name);
    try (ModelPool.Lease lease = server.models().lease(model)) {
      ModelFacts facts = lease.pipeline().facts();
      return new Model(model.name(), facts.family(), facts.width(), facts.height(), facts.sizeMultiple(),
          model.guidance(), facts.readsText(), facts.needsClass(), facts.upscales(),
          List.copyOf(facts.classNames().names().values()));
    }
  }
}
