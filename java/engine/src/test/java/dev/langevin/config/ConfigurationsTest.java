package dev.langevin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationsTest {

  /** Values that no field of a number, a flag, a word or a list may have, as a parser gives them. */
  private static final List<Object> NONSENSE =
      Arrays.asList(List.of(), Map.of(), "", "nonsense", Double.NaN, List.of(List.of()),
          Collections.singletonList(null), -1e308, 1e308, Long.MAX_VALUE, Integer.MIN_VALUE, nested(900));

  private static List<?> nested(int depth) {
    List<?> list = List.of();
    for (int i = 0; i < depth; i++) {
      list = List.of(list);
    }
    return list;
  }

  /** Catches a field that is declared without a range, or whose refusal does not name it. */
  @Test
  void shouldRefuseNonsenseInEveryFieldByName() {
    for (Section section : Configurations.all()) {
      for (Field field : section.fields()) {
        assertThat(field.type().allowed()).as(field.name()).isNotBlank();
        int refused = 0;
        for (Object value : NONSENSE) {
          try {
            ConfigValues.of(section, Map.of(field.name(), value));
          } catch (IllegalArgumentException e) {
            refused++;
            assertThat(e.getMessage()).contains(section.file(), "must be").hasSizeLessThan(500).doesNotContain("\n");
          }
        }
        boolean free = List.of("solver_p", "tau_func", "noise_sampler_seed").contains(field.name()); // their readers
                                                                                                     // refuse them
        assertThat(refused).as(section.name() + " " + field.name()).isGreaterThan(free ? -1 : 2);
      }
    }
  }

  /** Catches a default that its own range forbids. */
  @Test
  void shouldAllowWhatStandsForAbsentFields() {
    for (Section section : Configurations.all()) {
      for (Field field : section.fields()) {
        if (field.absent() != null) {
          assertThat(field.type().reader().apply(field.absent())).as(section.name() + " " + field.name())
              .isEqualTo(field.absent());
        }
      }
    }
  }

  @Test
  void shouldReadNoFieldThatIsNotDeclared() {
    ConfigValues values = ConfigValues.of(Configurations.UNET2D, Map.of("colour", "red"));
    assertThatThrownBy(() -> values.word("colour")).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("declares no colour");
    assertThatThrownBy(() -> values.has("colour")).isInstanceOf(IllegalStateException.class);
  }

  /** Catches a reader with a default of its own beside the declared one. */
  @Test
  void shouldTakeADefaultFromOnePlaceOnly() {
    ConfigValues values = ConfigValues.of(Configurations.UNET2D, Map.of());
    assertThat(values.integer("layers_per_block")).isEqualTo(2);
    assertThatThrownBy(() -> values.integer("layers_per_block", 3)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> values.integer("time_embedding_dim")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldTellNullFromAbsentWhereNullMeansNone() {
    assertThat(ConfigValues.of(Configurations.UNET2D, Map.of()).word("mid_block_type")).isEqualTo("UNetMidBlock2D");
    Map<String, Object> none = new HashMap<>();
    none.put("mid_block_type", null);
    none.put("norm_eps", null);
    ConfigValues values = ConfigValues.of(Configurations.UNET2D, none);
    assertThat(values.word("mid_block_type")).isNull();
    assertThat(values.number("norm_eps")).isEqualTo(1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {100_000, 1_000_000_000, Integer.MAX_VALUE})
  void shouldRefuseMoreLayersThanAnyNetworkHas(int layers) {
    assertThatThrownBy(() -> ConfigValues.of(Configurations.CLIP, Map.of("num_hidden_layers", layers)))
        .hasMessage("config.json: num_hidden_layers is " + layers + ", must be a whole number from 1 to 1000");
  }

  @Test
  void shouldRefuseMoreLayersThanThereAreTensors() {
    ConfigValues values =
        ConfigValues.of(Configurations.UNET_CONDITION, Map.of("layers_per_block", List.of(20, 20, 21)));
    values.requireLayersWithin(61);
    assertThatThrownBy(() -> values.requireLayersWithin(60))
        .hasMessage(
            "config.json: layers_per_block is [20, 20, 21], must be at most 60, the number of tensors that are there");
  }

  @Test
  void shouldShowAValueShortAndOnOneLine() {
    List<Object> many = new ArrayList<>(Collections.nCopies(100_000, 7));
    assertThatThrownBy(() -> ConfigValues.of(Configurations.UNET2D, Map.of("block_out_channels", many)))
        .message().hasSizeLessThan(300);
    assertThatThrownBy(() -> ConfigValues.of(Configurations.UNET2D, Map.of("act_fn", "a\nb\u001b]0;x\u0007")))
        .hasMessageContaining("act_fn is a\\nb\\u001b]0;x\\u0007, must be one of silu, swish");
  }
}
