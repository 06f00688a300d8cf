package dev.langevin.server.sdapi;

import dev.langevin.server.ServedModel;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls that list what there is. Paths are told without the operator's folders. */
final class Listings {

  private static final String ROOT = SdApiRoutes.ROOT;

  private Listings() {}

  static void register(RoutesConfig routes, SdApi api) {
    list(routes, "samplers", SamplerList.samplers());
    list(routes, "schedulers", SamplerList.schedulers());
    list(routes, "latent-upscale-modes",
        Hires.latentModes().stream().map(mode -> Map.of("name", mode)).toList());
    list(routes, "face-restorers", List.of());
    list(routes, "hypernetworks", List.of());
    list(routes, "realesrgan-models", List.of()); // theirs are among the upscalers
    list(routes, "prompt-styles", List.of());
    routes.get(ROOT + "sd-vae", context -> SdApiRoutes.json(context, vaes(api)));
    list(routes, "extensions", List.of());
    list(routes, "script-info", List.of());
    list(routes, "scripts", Map.of("txt2img", List.of(), "img2img", List.of()));
    list(routes, "embeddings", Map.of("loaded", Map.of(), "skipped", Map.of()));
    routes.get(ROOT + "upscalers", context -> SdApiRoutes.json(context, api.extras().listed()));
    routes.get(ROOT + "sd-models", context -> SdApiRoutes.json(context, models(api)));
    routes.get(ROOT + "loras", context -> SdApiRoutes.json(context, loras(api)));
    routes.get(ROOT + "memory", context -> SdApiRoutes.json(context, Machine.memory(api.server())));
    routes.get(ROOT + "cmd-flags", context -> SdApiRoutes.json(context, Machine.flags(api.server().options())));
    for (String refreshed : List.of("refresh-checkpoints", "refresh-vae", "refresh-loras", "refresh-embeddings")) {
      routes.post(ROOT + refreshed, context -> refresh(context, api));
    }
    routes.get("/controlnet/version", context -> SdApiRoutes.json(context, Map.of("version", 2)));
    routes.get("/controlnet/model_list",
        context -> SdApiRoutes.json(context, Map.of("model_list", List.copyOf(api.controlNets().list().keySet()))));
    routes.get("/controlnet/module_list", context -> SdApiRoutes.json(context, Map.of("module_list", List.of("none"))));
  }

  private static void list(RoutesConfig routes, String name, Object listed) {
    routes.get(ROOT + name, context -> SdApiRoutes.json(context, listed));
  }

  private static void refresh(Context context, SdApi api) {
    api.server().models().refresh();
    SdApiRoutes.json(context, Map.of());
  }

  private static List<Map<String, Object>> models(SdApi api) {
    return api.server().models().list().stream().map(Listings::model).toList();
  }

  /** Hashes are not told, since reading gigabytes for them takes seconds; {@code name} is for clients that want one. */
  private static Map<String, Object> model(ServedModel model) {
    Map<String, Object> listed = new LinkedHashMap<>();
    listed.put("title", model.name());
    listed.put("model_name", model.name());
    listed.put("name", model.name());
    listed.put("hash", null);
    listed.put("sha256", null);
    listed.put("filename", String.valueOf(model.path().getFileName()));
    listed.put("config", null);
    return listed;
  }

  private static List<Map<String, Object>> vaes(SdApi api) {
    return api.vaes().list().entrySet().stream()
        .map(vae -> Map.<String, Object>of("model_name", vae.getKey(), "filename",
            vae.getValue().getFileName().toString()))
        .toList();
  }

  private static List<Map<String, Object>> loras(SdApi api) {
    return api.server().loras().list().entrySet().stream().map(lora -> {
      Path folder = api.server().options().loraDir;
      Map<String, Object> listed = new LinkedHashMap<>();
      listed.put("name", lora.getKey());
      listed.put("alias", lora.getKey());
      listed.put("path", folder.relativize(lora.getValue()).toString());
      listed.put("metadata", Map.of());
      return listed;
    }).toList();
  }
}
