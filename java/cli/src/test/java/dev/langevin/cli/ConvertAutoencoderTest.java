package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.tensor.DType;
import dev.langevin.weights.MixedTensors;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.SomeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code langevin convert --vae}: another autoencoder in a model's place, from and to every form. */
class ConvertAutoencoderTest {

  private static final Path MODEL = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir
  private Path folder;

  private Path vae;

  /** The model's own with all weights three times as large. */
  @BeforeEach
  void writeAutoencoder() throws IOException {
    vae = Files.createDirectory(folder.resolve("tripled"));
    Files.copy(MODEL.resolve("vae/config.json"), vae.resolve("config.json"));
    try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("vae").resolve(WEIGHTS))) {
      NamedTensors tripled = MixedTensors.of(List.of(new MixedTensors.Term(file, 3)));
      SafetensorsWriter.write(vae.resolve(WEIGHTS), tripled, encoding -> DType.F32, Map.of());
    }
  }

  private String out(String name) {
    return folder.resolve(name).toString();
  }

  private Outcome convert(Path model, String to, String out, String... more) {
    String[] command = {"convert", model.toString(), "--dtype", "f32", "--to", to, "--out", out(out)};
    String[] all = Arrays.copyOf(command, command.length + more.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    return run(all);
  }

  private Path converted(Path model, String to, String out, String... more) {
    Outcome outcome = convert(model, to, out, more);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return folder.resolve(out);
  }

  private static void assertSame(Path a, Path b) {
    try (SafetensorsFile one = SafetensorsFile.open(a); SafetensorsFile other = SafetensorsFile.open(b)) {
      assertThat(other.names()).containsExactlyInAnyOrderElementsOf(one.names());
      for (String name : one.names()) {
        assertThat(other.tensor(name).data().mismatch(one.tensor(name).data())).as(name).isEqualTo(-1);
      }
    }
  }

  private void replaceInConfig(String from, String to) throws IOException {
    Path config = vae.resolve("config.json");
    String text = Files.readString(config);
    assertThat(text).contains(from);
    Files.writeString(config, text.replace(from, to));
  }

  /** Catches the model's own weights under the other's configuration, and other networks that change too. */
  @Test
  void shouldTakeAFoldersPlace() throws IOException {
    replaceInConfig("0.18215", "0.5");
    Path made = converted(MODEL, "folder", "folder", "--vae", vae.toString());
    assertSame(vae.resolve(WEIGHTS), made.resolve("vae").resolve(WEIGHTS));
    assertSame(MODEL.resolve("unet").resolve(WEIGHTS), made.resolve("unet").resolve(WEIGHTS));
    assertThat(made.resolve("vae/config.json")).content().containsPattern("\"scaling_factor\" ?: 0.5");
    assertThat(made.resolve("model_index.json")).hasSameTextualContentAs(MODEL.resolve("model_index.json"));
    assertThat(run("inspect", made.toString()).code()).isZero();
    Path one = converted(MODEL, "single-file", "one.safetensors", "--vae", vae.toString()); // its YAML file says 0.5
    Path back = converted(one, "folder", "back");
    assertSame(vae.resolve(WEIGHTS), back.resolve("vae").resolve(WEIGHTS));
    assertThat(back.resolve("vae/config.json")).content().containsPattern("\"scaling_factor\" ?: 0.5");
  }

  @Test
  void shouldTakeItsPlaceInOneFileThatLacksOne() throws IOException {
    Path one = converted(MODEL, "single-file", "one.safetensors");
    Path without = folder.resolve("without.safetensors");
    Path alone = folder.resolve("alone.safetensors");
    Path other = converted(MODEL, "single-file", "other.safetensors", "--vae", vae.toString());
    try (SafetensorsFile file = SafetensorsFile.open(one); SafetensorsFile tripled = SafetensorsFile.open(other)) {
      SafetensorsWriter.write(without, SomeTensors.of(file, name -> !name.startsWith("first_stage_model.")),
          UnaryOperator.identity(), file.metadata());
      SafetensorsWriter.write(alone, SomeTensors.of(tripled, name -> name.startsWith("first_stage_model.")),
          UnaryOperator.identity(), Map.of());
    }
    Files.copy(folder.resolve("one.yaml"), folder.resolve("without.yaml"));
    assertThat(convert(without, "folder", "no").err()).contains("the file holds no vae");
    Path made = converted(without, "folder", "folder", "--vae", alone.toString());
    assertSame(vae.resolve(WEIGHTS), made.resolve("vae").resolve(WEIGHTS));
    assertThat(run("inspect", made.toString()).code()).isZero();
    Path whole = converted(without, "single-file", "whole.safetensors", "--vae", alone.toString());
    assertSame(other, whole);
    assertSame(vae.resolve(WEIGHTS), converted(whole, "folder", "again").resolve("vae").resolve(WEIGHTS));
  }

  @Test
  void shouldRefuseWhatDoesNotFit() throws IOException {
    Path one = converted(MODEL, "single-file", "one.safetensors");
    replaceInConfig("0.18215", "0.5");
    assertThat(convert(one, "single-file", "no.safetensors", "--vae", vae.toString()).err())
        .contains("a single file has no place for the autoencoder's scaling_factor 0.5 (read as 0.18215)");
    replaceInConfig("\"latent_channels\": 4", "\"latent_channels\": 16");
    assertThat(convert(MODEL, "folder", "no", "--vae", vae.toString()).err())
        .contains("the autoencoder's latents have 16 channels, what the U-Net of").contains("makes has 4");
    assertThat(convert(MODEL, "folder", "no", "--vae", out("nowhere")).err())
        .contains("nowhere: there is no such file or folder");
    assertThat(folder.resolve("no")).doesNotExist();
    assertThat(folder.resolve("no.safetensors")).doesNotExist();
  }
}
