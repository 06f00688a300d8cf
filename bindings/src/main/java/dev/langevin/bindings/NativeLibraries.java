package dev.langevin.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Unpacks the native libraries from the class path or the module path, once, and loads them.
 *
 * <p>A library lies in {@code CACHE/KEY/NAME}, where the key is the CRC-32 and size of its bytes. For a library in a jar
 * both stand in the jar's directory, so that finding a library that is unpacked already reads none of its 50 megabytes. It
 * is written under a name of its own and then renamed: two processes may do so at once, and none ever loads half a file.
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

  private NativeLibraries() {}

  // Not in static initialisers: what is wrong would then be told as an ExceptionInInitializerError, and only once.
  private static SymbolLookup oneDnn;
  private static SymbolLookup shim;

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

  /** CRC-32 and size of the shim: another build of it has another. */
  public static String shimBuild() {
    return unpack(SHIM, cacheFolder()).getParent().getFileName().toString();
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

  /** Files of this process's libraries whose name begins so: there must be one OpenMP run time only. */
  public static List<String> mapped(String name) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.map(line -> line.substring(line.lastIndexOf(' ') + 1))
          .filter(path -> path.substring(path.lastIndexOf('/') + 1).startsWith(name)).distinct().toList();
    } catch (IOException e) {
      throw new NativeException("/proc/self/maps cannot be read: " + e, e);
    }
  }

  @SuppressWarnings("restricted")
  private static SymbolLookup open(Path library) {
    return SymbolLookup.libraryLookup(library, Arena.global());
  }

  private static SymbolLookup load(Resource... resources) {
    requirePlatform();
    SymbolLookup last = null;
    for (Resource resource : resources) {
      Path library = unpack(resource, cacheFolder());
      try {
        last = resource == OPENMP ? Spinning.bounded(() -> open(library)) : open(library);
      } catch (IllegalCallerException e) {
        throw new NativeException(
            "native access is not enabled; start java with --enable-native-access="
                + (NAMED ? MODULE.getName() : "ALL-UNNAMED"), e);
      } catch (IllegalArgumentException e) {
        throw new NativeException(library + " cannot be loaded: " + e.getMessage(), e);
      }
    }
    return last;
  }

  private static void requirePlatform() {
    String os = System.getProperty("os.name");
    String arch = System.getProperty("os.arch");
    if (!os.equals("Linux") || !arch.equals("amd64")) {
      throw new NativeException("this build has native libraries for Linux on x86-64 only, not for " + os + " on " + arch);
    }
  }

  /** Where libraries are unpacked: system property {@code langevin.natives.dir}, or the user's cache folder. */
  static Path cacheFolder() {
    String chosen = System.getProperty("langevin.natives.dir");
    if (chosen != null) {
      return Path.of(chosen);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path cache = xdg != null && !xdg.isBlank() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
    return cache.resolve("langevin").resolve("natives");
  }

  /** The library's path in the cache, unpacked now where it is not there whole. */
  static Path unpack(Resource resource, Path cache) {
    URL url = find(resource);
    try {
      URLConnection connection = url.openConnection();
      long[] crcAndSize = crcAndSize(connection);
      Path folder = cache.resolve(String.format(Locale.ROOT, "%08x-%d", crcAndSize[0], crcAndSize[1]));
      Path target = folder.resolve(resource.fileName());
      if (Files.isRegularFile(target) && Files.size(target) == crcAndSize[1]) {
        return target;
      }
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path partial = Files.createTempFile(folder, "unpacking", null);
      try (InputStream in = url.openStream()) {
        Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwx------"));
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        throw new NativeException(cache + " lies on a file system that cannot rename atomically;"
            + " name another folder with -Dlangevin.natives.dir=DIR", e);
      } finally {
        Files.deleteIfExists(partial);
      }
      return target;
    } catch (IOException e) {
      throw new NativeException("cannot unpack " + resource.path + " to " + cache + ": " + e
          + "; name a writable folder with -Dlangevin.natives.dir=DIR", e);
    }
  }

  private static URL find(Resource resource) {
    URL loaded = NativeLibraries.class.getClassLoader().getResource(resource.path);
    URL url = loaded != null ? loaded : ModulePath.find(resource.path);
    if (url == null) {
      throw new NativeException(resource.path + (NAMED ? " is neither on the module path nor on" : " is not on")
          + " the class path; add the artifact " + resource.artifact + ", which holds it"
          + (NAMED ? ", to either" : ""));
    }
    return url;
  }

  private static long[] crcAndSize(URLConnection connection) throws IOException {
    if (connection instanceof java.net.JarURLConnection jar) {
      return new long[] {jar.getJarEntry().getCrc(), jar.getJarEntry().getSize()};
    }
    CRC32 crc = new CRC32();
    byte[] bytes;
    try (InputStream in = connection.getInputStream()) {
      bytes = in.readAllBytes();
    }
    crc.update(bytes);
    return new long[] {crc.getValue(), bytes.length};
  }
}
