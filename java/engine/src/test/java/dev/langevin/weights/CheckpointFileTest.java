package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints as torch and Lightning write them load; forged ones of every kind are refused with their reason. */
class CheckpointFileTest {

  private static final float[] SIX = {0, 1, 2, 3, 4, 5};

  @TempDir
  private Path folder;

  @Test
  void shouldReadViewsOfOneStorage() throws IOException {
    TorchFiles pickle =
        TorchFiles.pickle().ops("}(").text("whole").tensor("FloatStorage", "0", 6, 0, dims(2, 3), dims(3, 1))
            .text("turned").tensor("FloatStorage", "0", 6, 0, dims(3, 2), dims(1, 3))
            .text("column").tensor("FloatStorage", "0", 6, 1, dims(2), dims(3))
            .text("one").tensor("FloatStorage", "0", 6, 5, dims(), dims())
            .text("none").tensor("FloatStorage", "0", 6, 0, dims(0, 4), dims(4, 1)).ops("u");
    try (CheckpointFile file = open(pickle)) {
      assertThat(file.names()).containsExactly("whole", "turned", "column", "one", "none");
      assertThat(file.tensor("whole").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(file.tensor("turned").toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
      assertThat(file.tensor("column").toFloats()).containsExactly(1, 4);
      assertThat(file.tensor("one").toFloats()).containsExactly(5);
      assertThat(file.tensor("none").shape().dims()).containsExactly(0, 4);
    }
  }

  /** As torch 2 writes types that have no class of storages: of bytes, which the tensor gives their type. */
  @Test
  void shouldReadNumbersOfEightBits() throws IOException {
    TorchFiles pickle = TorchFiles.pickle().ops("}(").text("w").untyped("float8_e4m3fn", 24, 5, dims(2, 2), dims(1, 2))
        .text("v").untyped("float8_e5m2", 24, 6, dims(2), dims(1)).ops("u");
    try (CheckpointFile file = open(pickle)) { // from byte 4 on, of 1f: 00 00 80 3f
      assertThat(file.tensor("w").encoding()).isEqualTo(Float8.F8_E4M3);
      assertThat(file.tensor("w").toFloats()).containsExactly(0, 1.875f, -0f, 0);
      assertThat(file.tensor("v").toFloats()).containsExactly(-0f, 1.75f);
    }
    assertThatThrownBy(() -> open(TorchFiles.pickle().untyped("float8_e4m3fn", 24, 1, dims(24), dims(1))).close())
        .hasMessageContaining("reaches outside the 24 elements");
    assertThatThrownBy(() -> open(TorchFiles.pickle().untyped("uint16", 24, 0, dims(2), dims(1))).close())
        .hasMessageContaining("torch.uint16");
    assertThatThrownBy(() -> open(TorchFiles.pickle().untyped("float64", 24, 0, dims(2), dims(1))).close())
        .hasMessageContaining("torch._utils._rebuild_tensor_v3").hasMessageContaining("7 arguments");
  }

  @Test
  void shouldReadWhatLightningLeavesBesideTheWeights() throws IOException {
    TorchFiles pickle = TorchFiles.pickle().ops("}(")
        .text("callbacks").ops("}").global("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint").ops("}(")
        .text("best_model_score").global("numpy.core.multiarray", "scalar").global("numpy", "dtype").text("f8")
        .number(0).number(1)
        .op(0x87).ops("R(").number(3).text("<").ops("NNN").number(-1).number(-1).number(0).ops("tb")
        .global("_codecs", "encode").text("x").text("latin1").op(0x86).ops("R").op(0x86).ops("Rus") // the score's
                                                                                                    // arguments; its
                                                                                                    // dict
        .text("hyper").global("pytorch_lightning.utilities.parsing", "AttributeDict").ops(")").op(0x81).ops("(")
        .text("lr").number(1).ops("u")
        .text("state_dict").global("collections", "OrderedDict").ops(")R(")
        .text("w").tensor("FloatStorage", "0", 6, 0, dims(6), dims(1)).ops("u}").text("_metadata").ops("}sb")
        .text("epoch").op(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1).ops("u");
    try (CheckpointFile file = open(pickle)) {
      assertThat(file.names()).containsExactly("w");
      assertThat(file.tensor("w").toFloats()).containsExactly(SIX);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"state_dict", "model", "params_ema"})
  void shouldFindTheWeightsWithinTheSavedDict(String key) throws IOException {
    TorchFiles pickle = TorchFiles.pickle().ops("}(").text("step").number(7).text(key).ops("}").text("w")
        .tensor("FloatStorage", "0", 6, 0, dims(6), dims(1)).ops("su");
    try (CheckpointFile file = open(pickle)) {
      assertThat(file.names()).containsExactly("w");
    }
  }

  @Test
  void shouldJoinTheNamesOfNestedTensors() throws IOException {
    TorchFiles pickle = TorchFiles.pickle().ops("}").text("string_to_param")
        .global("torch.nn.modules.container", "ParameterDict").ops(")").op(0x81).ops("}").text("_parameters").ops("}")
        .text("*")
        .tensor("FloatStorage", "0", 6, 0, dims(6), dims(1)).ops("ssbs");
    try (CheckpointFile file = open(pickle)) {
      assertThat(file.names()).containsExactly("string_to_param.*");
    }
    try (CheckpointFile file = open(TorchFiles.pickle().ops("](")
        .tensor("FloatStorage", "0", 6, 0, dims(2), dims(1)).tensor("FloatStorage", "0", 6, 2, dims(4), dims(1))
        .ops("e"))) {
      assertThat(file.names()).containsExactly("0", "1");
    }
  }

  @ParameterizedTest
  @CsvSource({"posix, system, posix.system", "__builtin__, eval, builtins.eval",
      "torch.storage, _load_from_bytes, _load_from_bytes",
      "torch._utils, _rebuild_sparse_tensor, _rebuild_sparse_tensor", "torch, QInt8Storage, torch.QInt8Storage"})
  void shouldRefuseOtherFunctionsByName(String module, String name, String shown) {
    assertThatThrownBy(() -> open(TorchFiles.pickle().global(module, name)))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(folder.toString()).hasMessageContaining("byte 2 ").hasMessageContaining("GLOBAL")
        .hasMessageContaining(shown);
    TorchFiles stacked = TorchFiles.pickle().text(module).text(name).op(0x93);
    assertThatThrownBy(() -> open(stacked)).hasMessageContaining("STACK_GLOBAL").hasMessageContaining(shown);
  }

  @ParameterizedTest
  @CsvSource(quoteCharacter = '"',
      value = {"i, INST", "o, OBJ", "P, PERSID", "\u0082, EXT1", "\u0092, NEWOBJ_EX", "\u0096, BYTEARRAY8",
          "S, STRING", "F, FLOAT", "\u008b, LONG4", "\u00ff, 0xff is no opcode"})
  void shouldRefuseOtherOpcodesByName(String letter, String shown) {
    assertThatThrownBy(() -> open(TorchFiles.pickle().ops("N" + letter)))
        .isInstanceOf(WeightsException.class).hasMessageContaining("byte 3 ").hasMessageContaining(shown);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "6 | 1 | 2,3 | 3,1 | reaches outside the 6 elements",
      "6 | 0 | 2,3 | 4,1 | reaches outside",
      "6 | 0 | 2147483647,2147483647 | 2147483647,2147483647 | reaches outside",
      "6 | 0 | 1000,1000 | 0,0 | repeats the 6 elements",
      "6 | -1 | 2,3 | 3,1 | offset",
      "6 | 0 | -2,3 | 3,1 | at least 0",
      "6 | 0 | 2,3 | -3,1 | at least 0",
      "6 | 0 | 2,3 | 1 | 2 sizes and 1 strides",
      "6 | 0 | 2147483647,2147483647,2147483647 | 0,0,0 | 2^63",
      "7 | 0 | 2,3 | 3,1 | takes 28 bytes, its entry has 24",
      "-6 | 0 | 2,3 | 3,1 | storage"})
  void shouldRefuseATensorThatDoesNotFitItsStorage(int elements, int offset, String shape, String strides,
      String reason) {
    TorchFiles pickle = TorchFiles.pickle().tensor("FloatStorage", "0", elements, offset, dims(shape), dims(strides));
    assertThatThrownBy(() -> open(pickle)).isInstanceOf(WeightsException.class).hasMessageContaining(reason);
  }

  @Test
  void shouldRefuseOneStorageUnderTwoTypes() {
    TorchFiles pickle = TorchFiles.pickle().ops("](").tensor("FloatStorage", "0", 6, 0, dims(6), dims(1))
        .tensor("DoubleStorage", "0", 3, 0, dims(3), dims(1)).ops("e");
    assertThatThrownBy(() -> open(pickle)).hasMessageContaining("once 6 x F32 and once 3 x F64");
  }

  @Test
  void shouldRefuseDictsThatHoldOneAnotherOverAndOver() {
    TorchFiles cyclic = TorchFiles.pickle().ops("}q").op(0).text("self").ops("h").op(0).ops("s");
    assertThatThrownBy(() -> open(cyclic)).isInstanceOf(WeightsException.class).hasMessageContaining("without end");
    TorchFiles doubled = TorchFiles.pickle().tensor("FloatStorage", "0", 6, 0, dims(6), dims(1));
    for (int i = 0; i < 30; i++) { // 2^30 tensors by name
      doubled.ops("q").op(0).ops("](h").op(0).ops("h").op(0).ops("e");
    }
    assertThatThrownBy(() -> open(doubled)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("hold one another");
  }

  @Test
  void shouldNotCopyOneDictOrListOverAndOver() {
    TorchFiles list = TorchFiles.pickle().global("collections", "OrderedDict").ops("](").number(1).number(2).ops("e")
        .op(0x85).ops("R");
    assertThatThrownBy(() -> open(list)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("collections.OrderedDict: it does not take these 1 arguments");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "}NNs | a key is None", "}]Ns | a key is a list", ")R | too few values", "t | no mark",
      "h! | nothing was put at 33",
      "}(NNNu | a key has no value", "N(Q | too few values", "NQ | description of a storage",
      "NNR | it needs a function and a tuple",
      "](b | too few values", "]Nb | sets attributes of a list", "NNa | appends to None",
      "X\u00ff\u00ff\u00ff\u007f | ends too early",
      "\u008a\u00ff | ends too early", "X\u0001\u0000\u0000\u0000\u00ff | not UTF-8"})
  void shouldRefuseAMalformedPickle(String ops, String reason) {
    TorchFiles pickle = TorchFiles.pickle().ops(ops);
    assertThatThrownBy(() -> open(pickle)).isInstanceOf(WeightsException.class).hasMessageContaining(reason);
  }

  @Test
  void shouldRefuseACompressedEntry() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      TorchFiles.stored(zip, "archive/data.pkl",
          TorchFiles.pickle().tensor("FloatStorage", "0", 1 << 20, 0, dims(1 << 20), dims(1)).bytes());
      zip.putNextEntry(new ZipEntry("archive/data/0"));
      zip.write(new byte[4 << 20]); // four kilobytes of a bomb
      zip.closeEntry();
    }
    Path file = Files.write(folder.resolve("bomb.ckpt"), bytes.toByteArray());
    assertThatThrownBy(() -> CheckpointFile.open(file)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("is compressed");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|',
      value = {"version https://git-lfs.github.com/spec/v1 | git lfs pull", "<!DOCTYPE html><html> | web page",
          "<?xml version='1.0'?><Error> | web page", "Entry not found | is text"})
  void shouldNameWhatPeopleHaveInPlaceOfACheckpoint(String text, String reason) throws IOException {
    for (String name : new String[] {"m.ckpt", "m.bin", "m.pt", "m.pth"}) {
      Path file = Files.writeString(folder.resolve(name), text);
      assertThatThrownBy(() -> WeightFile.open(file)).isInstanceOf(WeightsException.class)
          .hasMessageContaining(name).hasMessageContaining(reason);
    }
  }

  @Test
  void shouldOpenEitherFormatUnderTheOthersEnding() throws IOException {
    byte[] checkpoint = TorchFiles.checkpoint(
        TorchFiles.pickle().ops("}").text("w").tensor("FloatStorage", "0", 6, 0, dims(6), dims(1)).ops("s").bytes(),
        Map.of("0", SIX));
    try (WeightFile file = WeightFile.open(Files.write(folder.resolve("m.safetensors"), checkpoint))) {
      assertThat(file.names()).containsExactly("w");
    }
    byte[] safetensors =
        "\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0000{}".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    Path path = Files.write(folder.resolve("m.ckpt"), safetensors);
    try (WeightFile file = WeightFile.open(path)) {
      assertThat(file.names()).isEmpty();
    }
    assertThatThrownBy(() -> CheckpointFile.open(path)).hasMessageContaining("is a safetensors file");
  }

  @Test
  void shouldReadTheSameModelFromEveryFormat() {
    Path sd1 = Path.of(System.getProperty("langevin.reference", "")).resolve("single_file/sd1");
    assumeTrue(Files.isDirectory(sd1), "the reference data are not beside the checkout: " + sd1);
    assertSame(sd1.resolve("model.safetensors"), sd1.resolve("model.ckpt"));
    assertSame(sd1.resolve("model_fp16.safetensors"), sd1.resolve("model_legacy_fp16.ckpt"));
  }

  private static void assertSame(Path expectedPath, Path actualPath) {
    try (WeightFile expected = WeightFile.open(expectedPath); WeightFile actual = WeightFile.open(actualPath)) {
      assertThat(actual).isInstanceOf(CheckpointFile.class);
      assertThat(actual.names()).hasSize(967).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        Tensor tensor = actual.tensor(name);
        assertThat(tensor.dtype()).as(name).isEqualTo(expected.tensor(name).dtype());
        assertThat(tensor.shape()).as(name).isEqualTo(expected.tensor(name).shape());
        assertThat(tensor.data().mismatch(expected.tensor(name).data())).as(name).isEqualTo(-1);
      }
    }
  }

  /**
   * Bits turned, bytes written over, the end cut: whatever opens is whole, and nothing else comes out than a
   * WeightsException.
   */
  @ParameterizedTest
  @ValueSource(strings = {"good.ckpt", "good_legacy_strided.ckpt", "good_shared_storage.ckpt"})
  void shouldSurviveRandomDamage(String name) throws IOException {
    byte[] valid = Files.readAllBytes(Path.of("src/test/resources/reference/malformed/files").resolve(name));
    Random random = new Random(7);
    Path path = folder.resolve("damaged.ckpt");
    int loaded = 0;
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(valid, 1 + random.nextInt(valid.length)) : valid.clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        int at = random.nextInt(damaged.length);
        damaged[at] = (byte) (random.nextBoolean() ? random.nextInt() : damaged[at] ^ 1 << random.nextInt(8));
      }
      Files.write(path, damaged);
      try (CheckpointFile file = CheckpointFile.open(path)) {
        for (String tensor : file.names()) {
          assertThat(file.tensor(tensor).toDoubles()).hasSize((int) file.tensor(tensor).shape().elements());
        }
        loaded++;
      } catch (WeightsException e) {
        assertThat(e).hasMessageContaining(path.toString());
        refused++;
      }
    }
    assertThat(loaded).isPositive();
    assertThat(refused).isGreaterThan(300);
  }

  private CheckpointFile open(TorchFiles pickle) throws IOException {
    return CheckpointFile.open(Files.write(Files.createTempFile(folder, "case", ".ckpt"),
        TorchFiles.checkpoint(pickle.bytes(), Map.of("0", SIX))));
  }

  private static int[] dims(int... values) {
    return values;
  }

  private static int[] dims(String values) {
    return Arrays.stream(values.split(",")).mapToInt(Integer::parseInt).toArray();
  }
}
