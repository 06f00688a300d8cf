package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {

  @TempDir
  private Path folder;

  private void write(String file, String json) throws IOException {
    Files.createDirectories(folder.resolve(file).getParent());
    Files.writeString(folder.resolve(file), json.replace('\'', '"'));
  }

  /** Catches the folder's own notes taken for a component, or a component for a note. */
  @Test
  void shouldPassOverTheIndexsOwnNotes() throws IOException {
    write("model_index.json", "{'_class_name': 'P', '_ignore_files': ['a.bin'], '_two': ['a', 'b'],"
        + " 'unet': ['diffusers', 'UNet2DModel'], 'vae': [null, null]}");
    assertThat(new ModelFolder(folder).components()).containsOnlyKeys("unet");
    assertThat(new ModelFolder(folder).options()).containsOnlyKeys("_class_name");
  }

  /** Catches the class that saved a configuration taken for the one that the index makes of it. */
  @Test
  void shouldTakeASamplersClassFromTheIndex() throws IOException {
    write("model_index.json", "{'scheduler': ['diffusers', 'PNDMScheduler'], 'other': [null, null]}");
    write("scheduler/scheduler_config.json", "{'_class_name': 'EulerDiscreteScheduler', 'beta_end': 0.5}");
    write("other/scheduler_config.json", "{'_class_name': 'DDIMScheduler'}");
    ModelFolder model = new ModelFolder(folder);
    assertThat(model.schedulerConfig()).containsEntry("_class_name", "PNDMScheduler").containsEntry("beta_end", 0.5);
    assertThat(model.schedulerConfig("other")).containsEntry("_class_name", "DDIMScheduler");
    assertThat(new ModelFolder(folder.resolve("scheduler")).schedulerConfig()).containsEntry("_class_name",
        "EulerDiscreteScheduler");
  }
}
