package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.HiresFix;
import dev.langevin.server.Authentication;
import dev.langevin.server.Beside;
import dev.langevin.server.Fault;
import dev.langevin.server.Job;
import dev.langevin.server.OperatorFiles;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import io.javalin.http.Context;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** What the calls share: the settings, which are the server's as in the web UI, and what runs. Thread-safe. */
final class SdApi {

  private static final List<String> ENDINGS = List.of(".safetensors", ".ckpt");

  private final ServerContext server;
  private final AtomicReference<Settings> settings = new AtomicReference<>(Settings.USUAL);
  private final SdJobs jobs = new SdJobs();
  private final PictureCalls pictures;
  private final ProgressCalls progress;
  private final ExtraCalls extras;
  private final OperatorFiles controlNets;
  private final OperatorFiles vaes;

  SdApi(ServerContext server) {
    this.server = server;
    this.pictures = new PictureCalls(this);
    this.progress = new ProgressCalls(this);
    this.extras = new ExtraCalls(this);
    this.controlNets = new OperatorFiles(server.options().controlNetDir, true);
    this.vaes = new OperatorFiles(server.options().vaeDir, true);
  }

  OperatorFiles controlNets() {
    return controlNets;
  }

  OperatorFiles vaes() {
    return vaes;
  }

  ServerContext server() {
    return server;
  }

  Settings settings() {
    return settings.get();
  }

  SdJobs jobs() {
    return jobs;
  }

  PictureCalls pictures() {
    return pictures;
  }

  ProgressCalls progress() {
    return progress;
  }

  ExtraCalls extras() {
    return extras;
  }

  /**
   * The model that settings name: by its name, with a file's ending or a hash in brackets behind it, as titles have it.
   *
   * @throws Fault 404 if there is none
   */
  ServedModel model(Settings chosen) {
    String name = chosen.model();
    if (name == null || name.isBlank()) {
      return server.models().find(null);
    }
    String plain = name.replaceFirst(" \\[[0-9a-f]{6,64}]$", "");
    for (ServedModel each : server.models().list()) {
      if (each.name().equals(plain)
          || ENDINGS.stream().anyMatch(ending -> plain.equals(each.name() + ending))) {
        return each;
      }
    }
    return server.models().find(plain); // or an alias
  }

  /** Prompt of styles, of which there are none. */
  void requireStyles(List<String> styles) {
    if (!styles.isEmpty()) {
      throw Refusal.of("styles asks for " + Texts.shortened(styles.getFirst())
          + ", but this server has no styles; write their words into the prompt");
    }
  }

  void options(Context context) {
    ServedModel model = model(settings());
    SdApiRoutes.json(context, settings().listed(model.name(), null));
  }

  void setOptions(Context context) {
    JsonNode body = SdApiRoutes.body(context);
    Fields fields = Fields.of(body);
    Settings before = settings();
    Settings changed = before.with(fields, new ArrayList<>());
    ServedModel model = model(changed);
    Path vae = vae(changed);
    if (fields.has("sd_model_checkpoint") || fields.has("sd_vae")) {
      open(context, model.with(new Beside(List.of(), null, vae))); // as there, the answer comes when it can be used
    }
    settings.updateAndGet(now -> now.with(Fields.of(body), new ArrayList<>()));
    SdApiRoutes.json(context, Map.of());
  }

  /**
   * The autoencoder's file that settings name, or null for the model's own.
   *
   * @throws Fault if there is none
   */
  private Path vae(Settings chosen) {
    if (chosen.vae().equals(Settings.AUTOMATIC)) {
      return null;
    }
    Path file = vaes.find(chosen.vae());
    if (file == null) {
      throw Refusal.of("sd_vae is " + Texts.shortened(chosen.vae())
          + ", which is not among those of GET /sdapi/v1/sd-vae; give Automatic for the model's own");
    }
    return file;
  }

  /**
   * A model with what a call asks for beside it.
   *
   * @throws Fault naming what there is not
   */
  ServedModel model(PictureCall call) {
    List<Path> networks = new ArrayList<>();
    for (ControlUnit unit : call.controls()) {
      Path network = controlNets.find(unit.model());
      if (network == null) {
        throw Refusal.of("alwayson_scripts.ControlNet asks for the model " + Texts.shortened(unit.model())
            + ", which is not among those of GET /controlnet/model_list");
      }
      networks.add(network);
    }
    Hires hires = call.hires();
    Path upscaler = null;
    if (hires != null && hires.method() == HiresFix.Method.NETWORK) {
      upscaler = extras.upscalers().file(extras.upscalers().require("hr_upscaler", hires.upscaler()));
      if (upscaler == null) {
        throw Refusal.of("hr_upscaler is " + Texts.shortened(hires.upscaler())
            + ", which does not enlarge for a second pass here; take another of GET /sdapi/v1/upscalers");
      }
    }
    return model(call.settings()).with(new Beside(networks, upscaler, vae(call.settings())));
  }

  void reload(Context context) {
    open(context, model(settings()).with(new Beside(List.of(), null, vae(settings()))));
    SdApiRoutes.json(context, Map.of());
  }

  void unload(Context context) {
    server.models().unload(model(settings()));
    SdApiRoutes.json(context, Map.of());
  }

  private void open(Context context, ServedModel model) {
    Job<Object> job = server.queue().submit(Authentication.client(context), model, null, GenerationListener.NONE,
        session -> session.facts());
    server.clients().cancelWithClient(context, job);
    job.await();
  }
}
