package dev.langevin.server.sdapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.request.HiresFix.Method;
import dev.langevin.server.Fault;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import java.awt.image.BufferedImage;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureCallTest {

  private static PictureCall read(String json) throws Exception {
    return PictureCall.of(ServerContext.JSON.readTree(json), false, Settings.USUAL);
  }

  @Test
  void shouldTakeWhatTheWebUiTakesWhereNothingIsSaid() throws Exception {
    PictureCall call = read("{}");
    assertThat(call.steps()).isEqualTo(50);
    assertThat(call.batch() * call.batches()).isEqualTo(1);
    assertThat(call.seed()).isBetween(0L, 1L << 32);
    assertThat(call.clipSkip()).isEqualTo(1);
    assertThat(call.sampler()).isNull();
    assertThat(call.hires()).isNull();
    assertThat(call.sendsImages()).isTrue();
    assertThat(call.warnings()).isEmpty();
  }

  /** What npm's stable-diffusion-api sends, whatever it is asked. */
  @Test
  void shouldTakeTheOddDefaultsOfClients() throws Exception {
    PictureCall call = read("""
        {"enable_hr": false, "hr_scale": 2, "hr_upscaler": "Latent", "hr_second_pass_steps": 0, "hr_resize_x": 0,
         "hr_resize_y": 0, "denoising_strength": 0.7, "firstphase_width": 0, "firstphase_height": 0, "prompt": "a",
         "styles": [], "seed": -1, "subseed": -1, "subseed_strength": 0, "seed_resize_from_h": 0,
         "seed_resize_from_w": 0, "batch_size": 1, "n_iter": 1, "steps": 20, "cfg_scale": 7, "width": 512,
         "height": 512, "restore_faces": false, "tiling": false, "do_not_save_samples": false,
         "do_not_save_grid": false, "negative_prompt": "", "eta": 1, "s_churn": 0, "s_tmax": 0, "s_tmin": 0,
         "s_noise": 1, "override_settings": {}, "override_settings_restore_afterwards": true, "script_args": [],
         "script_name": null, "send_images": true, "save_images": false, "alwayson_scripts": {"ControlNet":
         {"args": []}}, "sampler_name": "Euler a", "use_deprecated_controlnet": false, "clip_skip": 1,
         "sampler_index": "Euler", "scheduler": "Automatic", "subseed_strength": 0.0, "hr_additional_steps": 3}
        """);
    assertThat(call.sampler().sampler()).isEqualTo("Euler a");
    assertThat(call.sampler().schedule()).isNull();
    assertThat(call.eta()).isEqualTo(1);
    assertThat(call.warnings()).containsExactly("hr_additional_steps is not known here and was not read");
  }

  @Test
  void shouldReadNumbersAndFlagsThatAreWrittenAsTexts() throws Exception {
    PictureCall call = read("{\"steps\": \"12\", \"cfg_scale\": \"6.5\", \"send_images\": 0, \"seed\": 7.0}");
    assertThat(call.steps()).isEqualTo(12);
    assertThat(call.guidance()).isEqualTo(6.5);
    assertThat(call.sendsImages()).isFalse();
    assertThat(call.seed()).isEqualTo(7);
  }

  @Test
  void shouldKeepSeedsOfSixtyFourBits() throws Exception {
    assertThat(read("{\"seed\": 9007199254740993}").seed()).isEqualTo(9007199254740993L);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "{\"steps\": 0} | steps is 0, must be a whole number from 1 to 1000",
      "{\"steps\": 1.5} | steps is 1.5",
      "{\"steps\": []} | steps is a list",
      "{\"width\": -8} | width is -8",
      "{\"restore_faces\": true} | there is no face restorer here",
      "{\"tiling\": true} | tiling is true",
      "{\"subseed_strength\": 0.3} | subseed_strength is 0.3, but there are no variation seeds here",
      "{\"s_churn\": 4} | s_churn is 4",
      "{\"script_name\": \"X/Y/Z plot\"} | script_name is given",
      "{\"refiner_checkpoint\": \"xl\"} | refiner_checkpoint is given",
      "{\"scheduler\": \"Fast\"} | scheduler is 'Fast'",
      "{\"alwayson_scripts\": {\"ADetailer\": {\"args\": [true]}}} | 'ADetailer'",
      "{\"alwayson_scripts\": {\"ControlNet\": {\"args\": [{\"model\": \"m\", \"module\": \"canny\"}]}}} | 'canny'",
      "{\"override_settings\": {\"randn_source\": \"GPU\"}} | randn_source is \"GPU\"",
      "{\"override_settings\": {\"samples_format\": \"avif\"}} | samples_format",
      "{\"enable_hr\": true, \"hr_scale\": 1} | must be above 1",
      "{\"enable_hr\": true, \"hr_prompt\": \"b\", \"prompt\": \"a\"} | hr_prompt",
      "{\"enable_hr\": true, \"width\": 64, \"height\": 64, \"hr_resize_x\": 128,"
          + " \"hr_resize_y\": 192} | another shape"})
  void shouldRefuseByName(String json, String words) {
    assertThatThrownBy(() -> read(json)).isInstanceOf(Fault.class).hasMessageContaining(words);
  }

  @Test
  void shouldSayThatThereIsNoSuchSampler() {
    assertThatThrownBy(() -> read("{\"sampler_name\": \"Warp\"}")).hasMessageContaining("no sampler 'Warp'")
        .satisfies(thrown -> assertThat(((Fault) thrown).status()).isEqualTo(404));
  }

  @Test
  void shouldReadBothFormsOfTheSecondPass() throws Exception {
    Hires byScale = read("{\"enable_hr\": true, \"hr_scale\": 1.5, \"hr_upscaler\": \"Latent (nearest-exact)\","
        + " \"hr_second_pass_steps\": 4, \"denoising_strength\": 0.5}").hires();
    assertThat(byScale).isEqualTo(new Hires(1.5, "Latent (nearest-exact)", Method.LATENT_NEAREST_EXACT, 4, 0.5));
    PictureCall old = read("{\"enable_hr\": true, \"width\": 128, \"height\": 128, \"firstphase_width\": 64,"
        + " \"firstphase_height\": 64}");
    assertThat(old.width()).isEqualTo(64);
    assertThat(old.hires().scale()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"DPM++ 2M Karras,,DPM++ 2M,Karras", "k_dpmpp_2m,karras,DPM++ 2M,Karras", "euler a,,Euler a,Automatic",
      "DDIM,Karras,DDIM,Automatic", "DPM++ 2M SDE,SGMUniform,DPM++ 2M SDE,SGM Uniform", "Euler,Beta,Euler,Beta"})
  void shouldFindSamplersAndLevels(String name, String scheduler, String sampler, String label) {
    SamplerList.Chosen chosen = SamplerList.choose(name, scheduler);
    assertThat(chosen.sampler()).isEqualTo(sampler);
    assertThat(chosen.label()).isEqualTo(label);
  }

  @Test
  void shouldFindEverySamplerThatIsListed() {
    for (Map<String, Object> listed : SamplerList.samplers()) {
      for (Map<String, Object> levels : SamplerList.schedulers()) {
        assertThat(SamplerList.choose((String) listed.get("name"), (String) levels.get("name")).sampler())
            .isEqualTo(listed.get("name"));
      }
    }
  }

  @Test
  void shouldReadAPictureAndItsMask() throws Exception {
    ObjectNode body = ServerContext.JSON.createObjectNode();
    String picture = "data:image/png;base64," + Pictures.base64(
        Pictures.encode(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), PictureFormat.PNG, Map.of(), null));
    body.putArray("init_images").add(picture);
    body.put("mask", picture).put("mask_blur", 2).put("inpainting_fill", 1).put("inpaint_full_res", 0)
        .put("inpainting_mask_invert", 1);
    PictureCall call = PictureCall.of(body, true, Settings.USUAL);
    assertThat(call.strength()).isEqualTo(0.75);
    assertThat(call.masking().inverted()).isTrue();
    assertThat(call.masking().onlyMasked()).isFalse();
    assertThat(call.masking().blurDown()).isEqualTo(2);
    body.put("inpainting_fill", 2);
    assertThatThrownBy(() -> PictureCall.of(body, true, Settings.USUAL)).hasMessageContaining("latent noise");
    body.put("inpainting_fill", 0).putArray("init_images").add("http://127.0.0.1/secret.png");
    assertThatThrownBy(() -> PictureCall.of(body, true, Settings.USUAL)).hasMessageContaining("fetches nothing");
  }
}
