package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cublaslt.CublasLt;
import dev.langevin.bindings.cuda.CudaLibrary;
import dev.langevin.bindings.cuda.CudaReport;
import dev.langevin.bindings.cuda.CudaReport.Library;
import dev.langevin.bindings.cudnn.CudnnHandle;
import dev.langevin.bindings.kernels.KernelImage;
import dev.langevin.bindings.nvrtc.Nvrtc;
import dev.langevin.plan.WeightCache;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "doctor", header = "Shows what this machine offers, and what is kept on its disk.",
    footer = {"langevin doctor", "langevin doctor --check-weight-cache"}, mixinStandardHelpOptions = true,
    description = "Shows what this machine offers the engine.")
final class Doctor implements Callable<Integer> {

  @Mixin
  private WeightCacheOption weightCache = new WeightCacheOption();

  @Option(names = "--clear-weight-cache", description = "Delete the packed weights that earlier starts have kept.")
  private boolean clear;

  @Option(names = "--check-weight-cache", description = "Read all of them and delete what is damaged.")
  private boolean check;

  @Override
  public Integer call() {
    print("JDK", Runtime.version() + ", " + System.getProperty("java.home"));
    print("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
        + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
    try (Backend backend = Backend.open("onednn", BackendOptions.usual())) {
      backend.facts().forEach(Doctor::print);
    } catch (NativeException e) {
      print("oneDNN", e.getMessage());
    }
    WeightCache cache = weightCache.cache();
    if (cache != null && clear) {
      cache.clear();
    }
    if (cache != null && check) {
      cache.verify().forEach((file, wrong) -> print("damaged", file + ": " + wrong));
    }
    print("weight cache", cache == null ? "off" : cache.folder() + ", " + cache.bytes() + " bytes");
    CudaReport cuda = cuda();
    cuda.facts().forEach(Doctor::print);
    print("cuda", cuda.missing() == null ? "ready" : cuda.missing());
    return 0;
  }

  /** What of CUDA is here. */
  static CudaReport cuda() {
    return CudaReport.of(KernelImage::origin, new Library(CudaLibrary.NVRTC, Nvrtc::version),
        new Library(CudaLibrary.CUBLASLT, CublasLt::version), new Library(CudaLibrary.CUDNN, CudnnHandle::version));
  }

  private static void print(String what, String found) {
    Columns.broken("%-18s ".formatted(what), found, 19).forEach(line -> Messages.line("%s", line));
    Output.result(what.replace(' ', '_'), found);
  }
}
