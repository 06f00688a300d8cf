package dev.langevin.reference;

import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import dev.langevin.pipeline.upscaling.Tiles;
import dev.langevin.pipeline.upscaling.Upscaler;
import dev.langevin.tensor.Tensor;
import java.nio.file.Path;

/** Networks that make pictures larger, in every naming that they are published in; whole, in tiles, to the pixel. */
final class EsrganCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("esrgan");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    Path file = c.dir().resolve(c.json().has("file") ? c.json().get("file").asText() : c.json().get("model").asText());
    for (String backend : TestedBackend.names()) {
      try (Upscaler upscaler = Upscaler.open(file, backend)) {
        int white = c.json().has("value_range") ? c.json().get("value_range").get(1).intValue() : 1;
        Tensor input = c.tensor("input").row(0); // (3, H, W) in [0, white]
        Tensor unit = times(input, 1.0 / white);
        int scale = c.tensor("out").shape().intDim(3) / input.shape().intDim(2);
        if (upscaler.scale() != scale) {
          throw new AssertionError(c.name() + ": the scale is " + upscaler.scale() + ", expected " + scale);
        }
        Tiles whole = new Tiles(Math.max(input.shape().intDim(1), input.shape().intDim(2)), 0, Tiles.Seams.CUT);
        Closeness.assertClose(backend + " out", times(upscaler.enlarge(unit, whole), white), c.tensor("out").row(0),
            c.maxAbs());
        if (c.has("tiled")) {
          Tiles tiles = new Tiles((int) c.number("/tile/size"), (int) c.number("/tile/pad"), Tiles.Seams.CUT);
          Closeness.assertClose(backend + " tiled", upscaler.enlarge(unit, tiles), c.tensor("tiled").row(0),
              c.maxAbs());
        }
        DecodedImage picture = PictureFile.read(c.dir().resolve(c.json().get("input_file").asText()));
        assertPixels(c, upscaler.enlarge(picture, whole, (done, of) -> {}));
      }
    }
  }

  /** Each value is the expected one, or the next where it is near a half. */
  private static void assertPixels(ReferenceCase c, DecodedImage actual) {
    long[] expected = c.tensor("pixels").toLongs(); // (1, 3, H, W)
    int pixels = expected.length / 3;
    for (int i = 0; i < expected.length; i++) {
      int value = actual.samples()[i % pixels * 3 + i / pixels] & 255;
      if (Math.abs(value - expected[i]) > 1) {
        throw new AssertionError(
            c.name() + ": value " + i + " of the picture is " + value + ", expected " + expected[i]);
      }
    }
  }

  private static Tensor times(Tensor tensor, double factor) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor);
    }
    return Tensor.ofFloats(values, tensor.shape().dims());
  }
}
