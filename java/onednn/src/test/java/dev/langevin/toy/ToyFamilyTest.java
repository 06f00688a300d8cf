package dev.langevin.toy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A family is added by its own files and a service line: what docs/extending.md says is enough. */
class ToyFamilyTest {

  @TempDir
  private Path folder;

  @Test
  void shouldServeAFamilyThatNobodyKnows() throws IOException {
    Files.writeString(folder.resolve("model_index.json"), "{\"_class_name\": \"ToyPipeline\"}");
    try (Pipeline pipeline = Pipelines.open(folder)) {
      GenerationRequest request = GenerationRequest.unconditional().count(2).seed(3).build();
      Generation first = pipeline.generate(request);
      assertThat(first.pictures().shape()).isEqualTo(Shape.of(2, 3, ToyModel.SIDE, ToyModel.SIDE));
      assertThat(first.request().steps()).isEqualTo(5);
      float[] pictures = first.pictures().toFloats();
      assertThat(pipeline.generate(request).pictures().toFloats()).isEqualTo(pictures);
      assertThat(pipeline.generate(request.toBuilder().seed(4).build()).pictures().toFloats()).isNotEqualTo(pictures);
      assertThat(pipeline.plan(request).peakBytes()).isPositive();
      assertThatThrownBy(() -> pipeline.generate(request.toBuilder().prompts(java.util.List.of("a cat")).build()))
          .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("toy has no prompt");
    }
  }
}
