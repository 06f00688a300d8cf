package dev.langevin.examples;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Paints a picture anew, a little and much: {@code ImageToImage MODEL PICTURE PROMPT OUT}. */
public final class ImageToImage {

  private ImageToImage() {}

  public static void main(String... arguments) {
    BufferedImage first = Images.read(Path.of(arguments[1]));
    List<BufferedImage> made = new ArrayList<>(List.of(first));
    try (Pipeline model = Pipelines.open(Path.of(arguments[0]))) {
      for (double strength : new double[] {0.3, 0.6, 0.9}) { // the share of the chain that is walked
        GenerationRequest request =
            GenerationRequest.prompt(arguments[2]).image(first).strength(strength).steps(20).guidance(3).build();
        made.add(model.generate(request).image(0));
      }
    }
    Images.writePng(Images.grid(made, made.size(), 2), Path.of(arguments[3]));
  }
}
