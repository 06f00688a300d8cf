package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.pipeline.files.ModelReport;
import dev.langevin.tensor.Float8;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports on single files of the published models' names and shapes, whole and with parts left out. */
class ModelReportTest {

  @TempDir
  private Path folder;

  @Test
  void shouldFindNothingMissingInAWholeFile() throws IOException {
    ModelReport report = report(OriginalLayout.sd1(9));
    assertThat(report.faults()).isEmpty();
    assertThat(report.kind()).isEqualTo("SD 1.x inpainting, single file in the original naming");
    assertThat(report.tensors()).hasSize(686 + 248 + 197);
    assertThat(report.components()).extracting(ModelReport.Component::name).containsExactly("unet", "vae",
        "text_encoder");
    assertThat(report.components().getFirst()).isEqualTo(
        new ModelReport.Component("unet", "UNet2DConditionModel", 686, 859_520_964 + 5 * 9 * 320, Map.of("F16", 686)));
    assertThat(report.facts()).containsEntry("sampler", "PNDMScheduler").containsEntry("predicts",
        "epsilon, by what the family usually predicts");
    assertThat(report(OriginalLayout.refiner()).faults()).isEmpty(); // reads 5 sizes, where SD XL reads 6
    assertThat(report(OriginalLayout.sdxl()).faults()).isEmpty();
  }

  @Test
  void shouldNameEveryPartThatIsMissing() throws IOException {
    OriginalLayout layout = OriginalLayout.sdxl();
    layout.shapes.keySet().removeIf(name -> name.startsWith("conditioner.embedders.1."));
    layout.shapes.remove("model.diffusion_model.out.2.bias");
    layout.shapes.put("first_stage_model.post_quant_conv.weight", new long[] {4, 5, 1, 1});
    ModelReport report = report(layout);
    assertThat(report.kind()).startsWith("SD XL, ");
    assertThat(report.faults()).hasSize(3).anyMatch(fault -> fault.endsWith("the file holds no text_encoder_2"))
        .anyMatch(fault -> fault.contains("1 missing: conv_out.bias"))
        .anyMatch(fault -> fault.contains("post_quant_conv.weight is [4, 5, 1, 1], the network expects [4, 4, 1, 1]"));
  }

  @Test
  void shouldNameWeightsThatAreNaN() throws IOException {
    OriginalLayout layout = new OriginalLayout();
    layout.shapes.put("<cat>", new long[] {1, 768});
    float[] values = new float[768];
    values[700] = Float.NaN;
    Path path =
        SparseFile.write(folder.resolve("learned.safetensors"), layout.shapes, Map.of("<cat>", values), Map.of());
    assertThat(ModelReport.of(path, null, false).faults()).isEmpty();
    assertThat(ModelReport.of(path, null, true).faults()).singleElement().asString().contains("1 tensors hold NaN")
        .contains("<cat>");
  }

  @Test
  void shouldNameHowTensorsAreStoredAndScaled() {
    Path path = new StoredFile().float8("a.weight", Float8.F8_E4M3, new float[6], 2, 3)
        .floats("a.weight_scale", new float[2], 2)
        .float8("b.weight", Float8.F8_E5M2, new float[4], 4).floats("b.bias", new float[3], 3)
        .write(folder.resolve("w.safetensors"));
    ModelReport report = ModelReport.of(path, null, false);
    assertThat(report.format()).isEqualTo("safetensors");
    assertThat(report.components().getFirst().encodings())
        .isEqualTo(Map.of("F8_E4M3 scaled by row", 1, "F8_E5M2", 1, "F32", 1));
    assertThat(report.components().getFirst().parameters()).isEqualTo(6 + 4 + 3);
  }

  private ModelReport report(OriginalLayout layout) throws IOException {
    Path path = folder.resolve(layout.shapes.size() + ".safetensors");
    return ModelReport.of(SparseFile.write(path, layout.shapes, Map.of(), Map.of()), null, false);
  }
}
