package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.pipeline.files.ModelReport;
import dev.langevin.request.GenerationRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model's classes are called, from the folders of its pictures on. */
class ClassNamesTest {

  @TempDir
  Path folder;

  private Path train(Path config) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      return run.model();
    }
  }

  @Test
  void shouldKeepTheNamesOfClassFolders() throws IOException {
    Path model = train(TinyRun.write(folder, "out", 1));
    assertThat(ModelReport.of(model, null, false).facts()).containsEntry("classes", "0 even; 1 odd");
    try (Pipeline pipeline = Pipelines.open(model)) {
      long odd = pipeline.facts().classNames().label("Odd");
      assertThat(odd).isEqualTo(1);
      assertThat(
          pipeline.generate(GenerationRequest.unconditional().labels(odd).steps(1).build()).pictures().toFloats())
              .isEqualTo(pipeline.generate(GenerationRequest.unconditional().labels(1).steps(1).build()).pictures()
                  .toFloats());
    }
  }

  /** Catches a model that loses its names when it is trained further on pictures whose labels are numbers. */
  @Test
  void shouldKeepTheNamesOfTheBaseWhereThePicturesHaveNone() throws IOException {
    Path base = train(TinyRun.write(folder, "base", 1));
    StringBuilder table = new StringBuilder("file_name,label\n");
    for (int i = 0; i < 12; i++) {
      table.append(i % 2 == 0 ? "even/" : "odd/").append(i).append(".png,").append(i % 2).append('\n');
    }
    Files.writeString(folder.resolve("data/metadata.csv"), table);
    Path config = TinyRun.write(folder, "out", 1);
    Files.writeString(config, Files.readString(config) + "init: base/model\n");
    assertThat(ModelReport.of(train(config), null, false).facts()).containsEntry("classes", "0 even; 1 odd");
    assertThat(base).exists();
    assertThat(ModelReport.of(train(TinyRun.write(folder, "new", 1)), null, false).facts())
        .doesNotContainKey("classes");
  }
}
