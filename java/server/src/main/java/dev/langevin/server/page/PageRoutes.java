package dev.langevin.server.page;

import dev.langevin.server.Routes;
import dev.langevin.server.ServerContext;
import io.javalin.config.RoutesConfig;
import java.util.List;

/** The page at {@code /}, its files below {@code /page/}, and below {@code /api/page/} what it alone asks. */
public final class PageRoutes implements Routes {

  /** The files hold no secret, and a browser that is told an address sends no key: questions alone need one. */
  @Override
  public List<String> prefixes() {
    return List.of("/api/page/");
  }

  @Override
  public void register(RoutesConfig routes, ServerContext server) {
    if (server.options().noPage) {
      return;
    }
    PageFiles files = PageFiles.read();
    routes.get("/", request -> files.answer(request, PageFiles.INDEX));
    routes.get("/page/{file}", request -> files.answer(request, request.pathParam("file")));
    PageOptions options = new PageOptions(server);
    routes.get("/api/page/options", request -> request.json(options.all()));
    routes.get("/api/page/model", request -> request.json(options.model(request.queryParam("name"))));
    routes.post("/api/page/read", request -> request.json(RecordedPicture.read(request.bodyAsBytes())));
  }
}
