package dev.langevin.server.sdapi;

import com.sun.management.OperatingSystemMXBean;
import dev.langevin.cli.ServeOptions;
import dev.langevin.server.ServerContext;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code memory} and {@code cmd-flags}. */
final class Machine {

  private Machine() {}

  /** In bytes, of the machine or the container. */
  static Map<String, Object> memory(ServerContext server) {
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Map<String, Object> ram = new LinkedHashMap<>();
    ram.put("free", system.getFreeMemorySize());
    ram.put("used", system.getTotalMemorySize() - system.getFreeMemorySize());
    ram.put("total", system.getTotalMemorySize());
    ram.put("booked", server.models().bookedBytes());
    return Map.of("ram", ram, "cuda", Map.of("error", "the models compute on " + server.options().backend));
  }

  /** Those of the web UI's flags that clients look at. */
  static Map<String, Object> flags(ServeOptions options) {
    Map<String, Object> flags = new LinkedHashMap<>();
    flags.put("api", true);
    flags.put("nowebui", options.noPage);
    flags.put("listen", !options.host.equals("127.0.0.1") && !options.host.equals("localhost"));
    flags.put("port", options.port);
    flags.put("api_auth", null);
    flags.put("api_log", false);
    flags.put("api_server_stop", false);
    flags.put("cors_allow_origins", options.corsOrigins.isEmpty() ? null : String.join(",", options.corsOrigins));
    flags.put("use_cpu", java.util.List.of("all"));
    flags.put("no_half", options.precision() == dev.langevin.backend.Precision.F32);
    flags.put("lowvram", false);
    flags.put("medvram", false);
    flags.put("share", false);
    flags.put("ngrok", null);
    flags.put("hide_ui_dir_config", true);
    flags.put("freeze_settings", false);
    flags.put("enable_insecure_extension_access", false);
    return flags;
  }
}
