package dev.langevin.cli;

import dev.langevin.image.DecodedImage;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureTexts;
import dev.langevin.pipeline.upscaling.Tiles;
import dev.langevin.pipeline.upscaling.Upscaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "upscale", header = "Makes a picture larger with a network.",
    footer = {"langevin upscale small.png", "langevin upscale small.png --model RealESRGAN_x4plus.pth --out large.png"},
    mixinStandardHelpOptions = true,
    description = "Makes a picture larger with a network: twice as wide and high by the one in this program, or as"
        + " another's file says. Gray stays gray, alpha is kept.")
final class Upscale implements Callable<Integer> {

  /** What web UIs call the text that tells of the enlarging. */
  private static final String KEYWORD = "postprocessing";

  private static final int MOST_SIDE = 1 << 15;

  @Parameters(paramLabel = "IMAGE", description = "The picture.")
  private Path image;

  @Option(names = "--model", paramLabel = "FILE",
      description = "An ESRGAN, Real-ESRGAN or esrgan-slim network: .pth, .safetensors or a folder of TensorFlow.js;"
          + " without it the one in this program.")
  private Path model;

  @Option(names = "--out", paramLabel = "FILE", defaultValue = "upscaled.png",
      description = "The larger picture (${DEFAULT-VALUE}).")
  private Path out;

  @Option(names = "--tile", paramLabel = "N",
      description = "Side of the tiles that it is worked in, in pixels of the small picture (512, of dense blocks 192);"
          + " smaller take less"
          + " memory.")
  private Integer tile;

  @Mixin
  private PictureOutput output = new PictureOutput();

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backend;

  @Override
  public Integer call() throws IOException {
    if (tile != null && (tile < 1 || tile > MOST_SIDE)) {
      throw new IllegalArgumentException("--tile is " + tile + ", must be from 1 to " + MOST_SIDE);
    }
    Images.requireReadable(image);
    UpscalerOption.require("--model", model);
    output.requireOne(out);
    try (Upscaler upscaler = Upscaler.open(UpscalerOption.file(model), backend);
        PictureFiles files = new PictureFiles(output.quality)) {
      DecodedImage picture = read();
      Tiles tiles = upscaler.tiles(tile);
      DecodedImage larger;
      try (Progress bar = Progress.of("enlarging", "tiles", 0, 1)) {
        larger = upscaler.enlarge(picture, tiles, (done, of) -> {
          bar.expect(of);
          bar.stepTo(done);
        });
      }
      files.write(larger.toBufferedImage(), texts(upscaler.scale()), out);
    }
    return 0;
  }

  private DecodedImage read() {
    try {
      return PictureFile.read(image);
    } catch (IOException e) {
      throw new ImageFileException(image + ": " + e.getMessage(), e);
    }
  }

  /** What the small picture tells of how it was made, and how it was enlarged, as web UIs write it. */
  private Map<String, String> texts(int scale) throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    String parameters = isPng() ? PictureTexts.read(image).texts().get(GenerationParameters.KEYWORD) : null;
    if (parameters != null) {
      texts.put(GenerationParameters.KEYWORD, parameters);
    }
    texts.put(KEYWORD, "Postprocess upscale by: " + scale + ", Postprocess upscaler: " + UpscalerOption.name(model));
    return texts;
  }

  private boolean isPng() throws IOException {
    try (var in = Files.newInputStream(image)) {
      return in.read() == 0x89;
    }
  }
}
