package dev.langevin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.HostMemory;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.ChangedFileException;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightCacheTest {

  @TempDir
  private Path folder;

  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private WeightCache cache;

  @BeforeEach
  void make() {
    cache = cache(1L << 30);
  }

  private WeightCache cache(long limit) {
    return new WeightCache(folder.resolve("cache"), limit, 0, warnings::add);
  }

  /** Weights of random numbers that count how often they are read. */
  private static final class Source implements TensorSource {
    private final String identity;
    private final Graph graph;
    private int read;

    Source(String identity, Graph graph) {
      this.identity = identity;
      this.graph = graph;
    }

    @Override
    public Tensor tensor(String name) {
      read++;
      Shape shape = graph.storedWeights().get(name);
      Random random = new Random((name + identity).hashCode());
      float[] values = new float[(int) shape.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian() / 16;
      }
      return Tensor.ofFloats(values, shape.dims());
    }

    @Override
    public String identity() {
      return identity;
    }
  }

  /** Winograd's, oneDNN's and plain layouts; those of bytes where they are asked for. */
  private static Graph graph(int side) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.conv2d("first", b.input("in", DType.F32, 1, side, side, 4), 32, 3, 1, Op.Padding.of(1));
    x = b.activate("silu", b.conv2d("wide", x, 48, 3, 1, Op.Padding.of(1)), Activation.SILU);
    x = b.conv2d("down", x, 33, 3, 2, Op.Padding.of(1));
    b.output("out", b.linear("last", b.linear("narrow", x, 24, true), 4, true));
    return b.build();
  }

  private static float[] run(Plan plan) {
    Random random = new Random(1);
    float[] values = new float[(int) plan.in("in").shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    plan.in("in").write(values);
    plan.run();
    return plan.out("out").toFloats();
  }

  private float[] planned(Source source, Precision precision) {
    try (Plan plan = new Planner(Backend.named("onednn"), precision, cache).plan(source.graph, source)) {
      return run(plan);
    }
  }

  private float[] planned(Source source) {
    return planned(source, Precision.F32);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(cache.folder())) {
      return files.toList();
    }
  }

  /** Catches a layout that lies in the file otherwise than it was packed. */
  @ParameterizedTest
  @CsvSource({"onednn, F32", "onednn, INT8", "reference, F32"})
  void shouldGiveTheSameBitsFromTheFileAsFromTheSource(String backend, Precision precision) {
    Planner planner = new Planner(Backend.named(backend), precision, cache);
    float[][] results = new float[2][];
    Source[] sources = {new Source("a", graph(32)), new Source("a", graph(32))};
    for (int i = 0; i < 2; i++) {
      try (Plan plan = planner.plan(sources[i].graph, sources[i])) {
        results[i] = run(plan);
      }
    }
    try (Plan plan = new Planner(Backend.named(backend), precision).plan(sources[0].graph, sources[0])) {
      assertThat(run(plan)).containsExactly(results[0]);
    }
    assertThat(results[1]).containsExactly(results[0]);
    assertThat(sources[1].read).isZero();
    assertThat(warnings).isEmpty();
  }

  /** Catches weights of one model in another, and those without an identity, such as merged ones, in any. */
  @Test
  void shouldTellSourcesApart() {
    planned(new Source("a", graph(32)));
    assertThat(cache.knows("a")).isTrue();
    assertThat(cache.knows("b")).isFalse();
    Source other = new Source("b", graph(32));
    float[] fromOther = planned(other);
    assertThat(other.read).isPositive();
    assertThat(planned(new Source("b", graph(32)))).containsExactly(fromOther)
        .isNotEqualTo(planned(new Source("a", graph(32))));
    long before = cache.bytes();
    for (int i = 0; i < 2; i++) {
      Source unknown = new Source(null, graph(32));
      planned(unknown);
      assertThat(unknown.read).isPositive();
    }
    assertThat(cache.bytes()).isEqualTo(before);
  }

  /** Catches weights that are taken for another arithmetic's, or for those of kernels that another size has. */
  @Test
  void shouldTellLayoutsApart() throws IOException {
    List<Source> sources = List.of(new Source("a", graph(32)), new Source("a", graph(6)), new Source("a", graph(32)));
    for (int i = 0; i < sources.size(); i++) {
      Precision precision = i == 2 ? Precision.INT8 : Precision.F32;
      planned(sources.get(i), precision);
      assertThat(sources.get(i).read).isPositive();
      assertThat(files()).hasSize(i + 1);
      Source again = new Source("a", sources.get(i).graph);
      planned(again, precision);
      assertThat(again.read).isZero();
    }
  }

  /** Catches a file that is mapped though it is not whole, and one that is never made anew. */
  @ParameterizedTest
  @ValueSource(strings = {"cut", "grown", "empty", "header", "digest"})
  void shouldPackAnewWhatIsDamaged(String damage) throws IOException {
    float[] whole = planned(new Source("a", graph(32)));
    Path file = files().getFirst();
    long size = Files.size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      switch (damage) {
        case "cut" -> channel.truncate(size - 1);
        case "grown" -> channel.write(java.nio.ByteBuffer.allocate(1), size);
        case "empty" -> channel.truncate(0);
        case "digest" -> channel.write(java.nio.ByteBuffer.wrap(new byte[] {'x'}), new String(Files.readAllBytes(file),
            java.nio.charset.StandardCharsets.ISO_8859_1).indexOf('\0') - 3);
        default -> channel.write(java.nio.ByteBuffer.allocate(1), 3);
      }
    }
    Source source = new Source("a", graph(32));
    assertThat(planned(source)).containsExactly(whole);
    assertThat(source.read).isPositive();
    assertThat(warnings).singleElement().asString().contains("is damaged, or another of the same name");
    Source again = new Source("a", graph(32));
    assertThat(planned(again)).containsExactly(whole);
    assertThat(again.read).isZero();
  }

  /** Catches numbers that were changed on the disk and are found by nobody. */
  @Test
  void shouldVerifyWhatLiesOnTheDisk() throws IOException {
    planned(new Source("a", graph(32)));
    planned(new Source("b", graph(32)));
    assertThat(cache.verify()).isEmpty();
    Path file = files().getFirst();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.wrap(new byte[] {85}), Files.size(file) - 1000);
    }
    assertThat(cache.verify()).containsOnlyKeys(file).containsValue("its weights are not those that were written");
    assertThat(files()).hasSize(1);
    assertThat(cache.verify()).isEmpty();
  }

  /**
   * Catches a process that ends with a file that is truncated under it, zeros that are taken for weights, and a plan
   * that goes on with them.
   */
  @ParameterizedTest
  @CsvSource({"onednn, truncated", "onednn, written", "reference, truncated", "reference, written"})
  void shouldStopWhenTheFileIsChanged(String backend, String change) throws IOException {
    Planner planner = new Planner(Backend.named(backend), Precision.F32, cache);
    Source source = new Source("a", graph(32));
    planner.plan(source.graph, source).close();
    try (Plan plan = planner.plan(source.graph, source)) {
      float[] whole = run(plan);
      Path file = files().getFirst();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        if (change.equals("truncated")) {
          channel.truncate(100);
        } else {
          channel.write(java.nio.ByteBuffer.wrap(new byte[] {85}), Files.size(file) - 1000);
        }
      }
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> run(plan)).isInstanceOf(ChangedFileException.class)
            .hasMessage(file + ": was changed while it was read; put it back as it was, or load the model again");
      }
      assertThat(plan.broken()).isTrue();
      Files.delete(file);
      try (Plan again = planner.beside(List.of(), source.graph, source, Long.MAX_VALUE, () -> {})) {
        assertThat(run(again)).containsExactly(whole);
      }
    }
  }

  /** Catches a plan that loses its weights with the file, or with the plan that mapped them. */
  @Test
  void shouldKeepWhatIsMapped() {
    planned(new Source("a", graph(32)));
    Planner planner = new Planner(Backend.named("onednn"), Precision.F32, cache);
    Source source = new Source("a", graph(32));
    Plan first = planner.plan(source.graph, source);
    assertThat(source.read).isZero();
    cache.clear();
    assertThat(cache.bytes()).isZero();
    float[] expected = planned(new Source("a", graph(64)));
    try (Plan larger =
        planner.beside(List.of(first), graph(64), new Source("a", graph(64)), Long.MAX_VALUE, first::close)) {
      assertThat(run(larger)).containsExactly(expected);
    }
    cache.clear();
    Source rest = new Source("a", graph(6));
    try (Plan plan = planner.plan(graph(32), source);
        Plan other = planner.beside(List.of(plan), rest.graph, rest, Long.MAX_VALUE, () -> {})) {
      assertThat(rest.read).as("weights that the other size packs otherwise").isBetween(1, 7);
      float[] small = run(other);
      assertThat(planned(new Source("a", graph(6)))).containsExactly(small);
      assertThat(run(plan)).isNotEmpty();
    }
  }

  /** Catches half a file that another process finds. */
  @Test
  void shouldShowWholeFilesToAnyNumberOfWritersAndReaders() throws Exception {
    float[] numbers = new float[3_000_000];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    List<MemorySegment> weights = List.of(Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, numbers),
        Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 7));
    WeightCache.Key key = new WeightCache.Key("a", "layout", numbers.length * 4 + 64);
    List<Future<?>> writing = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      writing.add(cache(1L << 30).store(key, weights.stream().map(WeightCacheTest::block).toList()));
    }
    int found = 0;
    while (writing.stream().anyMatch(each -> !each.isDone()) || found == 0) {
      PackedFile.Mapped mapped = cache.find(key);
      if (mapped != null) {
        found++;
        assertThat(mapped.weights().asSlice(0, numbers.length * 4L).mismatch(weights.getFirst())).isEqualTo(-1);
        assertThat(mapped.weights().get(ValueLayout.JAVA_FLOAT, numbers.length * 4L)).isEqualTo(7);
        mapped.file().close();
      }
    }
    assertThat(warnings).isEmpty();
    assertThat(files()).hasSize(1);
  }

  /** Catches a folder that grows without end, and one that loses what is used. */
  @Test
  void shouldDeleteWhatIsUnusedForLongest() throws Exception {
    WeightCache small = cache(3 * (4096 + 640));
    MemorySegment weights = Arena.ofAuto().allocate(640);
    List<WeightCache.Key> keys = Stream.of("a", "b", "c").map(source -> new WeightCache.Key(source, "", 640)).toList();
    for (int i = 0; i < 3; i++) {
      small.store(keys.get(i), List.of(block(weights))).get();
      Files.setAttribute(small.folder().resolve(keys.get(i).fileName()), "lastAccessTime",
          FileTime.fromMillis(1000L * (i + 1)));
    }
    small.find(keys.getFirst()).file().close(); // its last use is now
    small.store(new WeightCache.Key("d", "", 640), List.of(block(weights))).get();
    assertThat(Stream.of("a", "b", "c", "d").filter(small::knows)).containsExactly("a", "c", "d");
    assertThat(warnings).isEmpty();
    MemorySegment large = Arena.ofAuto().allocate(640 * 64);
    small.store(new WeightCache.Key("e", "", large.byteSize()), List.of(block(large))).get();
    assertThat(Stream.of("a", "c", "d", "e").filter(small::knows)).containsExactly("a", "c", "d");
    assertThat(warnings).singleElement().asString()
        .contains("are not kept for the next start: the folder's limit is 14208 bytes");
  }

  private static Block block(MemorySegment memory) {
    return new HostMemory().over(memory).orElseThrow();
  }

  /** Catches a cache whose failure is the plan's. */
  @Test
  void shouldComputeWhereNothingCanBeKept() throws IOException {
    Files.createFile(folder.resolve("cache"));
    for (int i = 0; i < 2; i++) {
      Source source = new Source("a", graph(32));
      assertThat(planned(source)).isNotEmpty();
      assertThat(source.read).isPositive();
    }
    assertThat(warnings).isNotEmpty().allMatch(warning -> warning.startsWith(cache.folder().toString()));
  }
}
