package dev.langevin.bindings;

import dev.langevin.bindings.LibraryFolder.UnusableException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Unpacks the native libraries from the class path or the module path, once, and loads them.
 *
 * <p>
 * They lie in the folder of the system property {@code langevin.natives.dir}, or else in the user's cache folder; where
 * there is none, or none that they can be run from, in a temporary one that is gone when they are loaded.
 * {@link LibraryFolder} says what is checked.
 */
public final class NativeLibraries {

  /** A library on the class path or the module path, and the artifact whose jar brings it. */
  record Resource(String path, String artifact) {
    String fileName() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  private static final Module MODULE = NativeLibraries.class.getModule();
  private static final boolean NAMED = MODULE.isNamed();

  private static final String DNNL = "org.bytedeco:dnnl:linux-x86_64";
  static final Resource OPENMP = new Resource("org/bytedeco/dnnl/linux-x86_64/libgomp.so.1", DNNL);
  static final Resource ONE_DNN = new Resource("org/bytedeco/dnnl/linux-x86_64/libdnnl.so.3", DNNL);
  static final Resource SHIM =
      new Resource("dev/langevin/native/linux-x86_64/liblangevin.so", "dev.langevin:langevin-native:linux-x86_64");

  /** libwebp, for whoever has it on the class path, as the command line has. */
  static final Resource WEBP =
      new Resource("native/Linux/x86_64/libwebp-imageio.so", "com.github.usefulness:webp-imageio:0.11.0");

  /** SHA-256 of {@link #WEBP}, which no build of this project makes: of the jar of that version. */
  private static final String WEBP_SHA256 = "4317a2b245e55b49167623062852e76ce01c1599b85ff986c8aa517c2ce4bdbb";

  static final Resource DIGESTS = new Resource("dev/langevin/native/linux-x86_64/sha256", SHIM.artifact);

  private static final String REMEDY = "name a folder of your own with -Dlangevin.natives.dir=DIR";

  private NativeLibraries() {}

  // Not in static initialisers: what is wrong would then be told as an ExceptionInInitializerError, and only once.
  private static SymbolLookup oneDnn;
  private static SymbolLookup shim;
  private static SymbolLookup webp;
  private static Map<String, String> digests;
  private static boolean temporary; // as no folder serves

  /** Symbols of oneDNN; the OpenMP run time beside it is loaded first, and is the process's one. */
  public static synchronized SymbolLookup oneDnn() {
    if (oneDnn == null) {
      oneDnn = load(OPENMP, ONE_DNN);
    }
    return oneDnn;
  }

  /** Symbols of the shim, which shares oneDNN's OpenMP run time. */
  public static synchronized SymbolLookup shim() {
    if (shim == null) {
      oneDnn();
      shim = load(SHIM);
    }
    return shim;
  }

  /** Symbols of libwebp. */
  public static synchronized SymbolLookup webp() {
    if (webp == null) {
      webp = load(WEBP);
    }
    return webp;
  }

  /** What tells one build of the shim from another. */
  public static synchronized String shimBuild() {
    return digest(SHIM);
  }

  /** A file of a jar of this project's on the class path or the module path, or null. */
  public static URL resource(String path) {
    URL loaded = NativeLibraries.class.getClassLoader().getResource(path);
    return loaded != null ? loaded : ModulePath.find(path);
  }

  /** Whether the system's loader finds a library of that name. */
  @SuppressWarnings("restricted")
  public static boolean installed(String name) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(name, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Loads a library that lies on the user's machine, for as long as the process lives.
   *
   * @throws NativeException with the loader's own words
   */
  public static SymbolLookup open(Path library) {
    return Loader.open(library);
  }

  /** Files of this process's libraries whose name begins so: there must be one OpenMP run time only. */
  public static List<String> mapped(String name) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains("/"))
          .map(line -> line.substring(line.indexOf('/')).replaceFirst(" \\(deleted\\)$", "")) // as those in a temporary
                                                                                              // folder are
          .filter(path -> path.substring(path.lastIndexOf('/') + 1).startsWith(name)).distinct().toList();
    } catch (IOException e) {
      throw new NativeException("/proc/self/maps cannot be read: " + e, e);
    }
  }

  private static SymbolLookup load(Resource... resources) {
    requirePlatform();
    String chosen = System.getProperty("langevin.natives.dir");
    String reason;
    if (chosen != null) {
      try {
        return open(unpack(Path.of(chosen), resources));
      } catch (UnusableException e) {
        throw new NativeException(e.getMessage() + "; name another folder with -Dlangevin.natives.dir=DIR", e);
      }
    }
    Path cache = CacheFolder.usual();
    if (cache == null) {
      reason = "there is no home folder to keep them in (user.home is " + System.getProperty("user.home") + ")";
    } else if (temporary) {
      reason = null; // was told
    } else {
      try {
        return open(unpack(cache.resolve("langevin").resolve("natives"), resources));
      } catch (UnusableException e) {
        reason = e.getMessage();
      }
    }
    return loadTemporarily(reason, resources);
  }

  private static SymbolLookup loadTemporarily(String reason, Resource... resources) {
    if (!temporary) {
      warn("native libraries are unpacked to a temporary folder at each start: " + reason + "; " + REMEDY
          + ", or with XDG_CACHE_HOME");
      temporary = true;
    }
    Path folder = null;
    try {
      folder = Files.createTempDirectory("langevin-natives"); // the user's alone
      return open(unpack(folder, resources));
    } catch (IOException e) {
      throw new NativeException(
          "native libraries can be unpacked nowhere: " + (reason == null ? "" : reason + "; ") + e.getMessage()
              + "; " + REMEDY,
          e);
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      warn(folder + " cannot be deleted: " + e);
    }
  }

  private static void warn(String warning) {
    System.err.println("langevin: warning: " + warning);
  }

  /**
   * All before any is loaded: where one of them cannot be unpacked, none may come from that folder, or there would be
   * two OpenMP run times.
   */
  private static Map<Resource, Path> unpack(Path folder, Resource... resources) throws UnusableException {
    LibraryFolder place = new LibraryFolder(folder, NativeLibraries::warn);
    Map<Resource, Path> unpacked = new LinkedHashMap<>();
    for (Resource resource : resources) {
      unpacked.put(resource, place.unpack(resource, find(resource), digest(resource)));
    }
    return unpacked;
  }

  private static SymbolLookup open(Map<Resource, Path> libraries) {
    SymbolLookup last = null;
    try {
      for (Map.Entry<Resource, Path> library : libraries.entrySet()) {
        last = library.getKey() == OPENMP ? Spinning.bounded(() -> Loader.open(library.getValue()))
            : Loader.open(library.getValue());
      }
      return last;
    } catch (IllegalCallerException e) {
      throw new NativeException(
          "native access is not enabled; start java with --enable-native-access="
              + (NAMED ? MODULE.getName() : "ALL-UNNAMED"),
          e);
    }
  }

  static String digest(Resource resource) {
    if (resource.equals(WEBP)) {
      return WEBP_SHA256;
    }
    if (digests == null) {
      digests = LibraryDigests.read(find(DIGESTS));
    }
    String digest = digests.get(resource.fileName());
    if (digest == null) {
      throw new NativeException(
          find(DIGESTS) + " has no digest of " + resource.fileName() + "; build langevin-native anew");
    }
    return digest;
  }

  private static void requirePlatform() {
    String os = System.getProperty("os.name");
    String arch = System.getProperty("os.arch");
    if (!os.equals("Linux") || !arch.equals("amd64")) {
      throw new NativeException(
          "this build has native libraries for Linux on x86-64 only, not for " + os + " on " + arch);
    }
  }

  static URL find(Resource resource) {
    URL url = resource(resource.path);
    if (url == null) {
      throw new NativeException(resource.path + (NAMED ? " is neither on the module path nor on" : " is not on")
          + " the class path; add the artifact " + resource.artifact + ", which holds it"
          + (NAMED ? ", to either" : ""));
    }
    return url;
  }
}
