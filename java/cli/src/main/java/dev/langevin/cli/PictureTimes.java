package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.plan.OpWork;
import dev.langevin.plan.Planner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How long a picture of a published model takes on this machine, without the model: the operations of real models are
 * timed, and each kind's rate counts for all of that kind that a model's networks do; what only moves memory counts by
 * the rate of moving it. And what memory the networks are planned to take. All in f32. The results are kept in the
 * user's cache folder, for this backend and number of threads.
 */
final class PictureTimes {

  private static final String SHAPES = "/dev/langevin/cli/kernel-shapes.txt";

  /** More than any cache holds. */
  private static final String MOVING = "moving relu elements=33554432";

  /** Of each shape. */
  private static final double SECONDS = 0.3;

  private static final int FIELDS = 4;

  private final CacheLines kept;

  /** @param seconds of a picture @param bytes planned for the networks that are held at once */
  record Estimate(double seconds, double bytes) {}

  /** Kinds of operations whose rates differ. */
  private enum Kind {
    CONV("conv"),
    MATMUL("matmul"),
    ATTENTION("attention");

    final String shape;

    Kind(String shape) {
      this.shape = shape;
    }

    static Kind of(Op op) {
      return switch (op) {
        case Op.Conv2d conv -> CONV;
        case Op.Linear linear -> MATMUL;
        case Op.Attention attention -> ATTENTION;
        default -> null;
      };
    }
  }

  PictureTimes(CacheLines kept) {
    this.kept = kept;
  }

  static PictureTimes usual() {
    return new PictureTimes(new CacheLines(CacheLines.usualFolder(), "picture-times"));
  }

  private static String machine(Backend backend) {
    return backend.description() + ", " + backend.threads() + " threads";
  }

  /** What was measured before, by model; none of a model whose figures are not known. */
  Map<PublishedModel, Estimate> known() {
    Map<PublishedModel, Estimate> known = new EnumMap<>(PublishedModel.class);
    List<String> lines = kept.read();
    if (lines.isEmpty()) {
      return known; // without starting a backend
    }
    try (Backend backend = Backend.open("onednn", BackendOptions.usual())) {
      for (String line : lines) {
        String[] fields = line.split("\t");
        for (PublishedModel model : PublishedModel.values()) {
          if (fields.length == FIELDS && fields[3].equals(model.name) && fields[2].equals(machine(backend))) {
            known.put(model, new Estimate(Double.parseDouble(fields[0]), Double.parseDouble(fields[1])));
          }
        }
      }
    }
    return known;
  }

  /** Measures, in about a minute. */
  Map<PublishedModel, Estimate> measure() throws IOException {
    Map<PublishedModel, Estimate> measured = new EnumMap<>(PublishedModel.class);
    try (Backend backend = Backend.open("onednn", BackendOptions.usual())) {
      Messages.note("measuring this machine: " + machine(backend));
      Map<Kind, Double> rates = rates(backend);
      KernelShape moving = KernelShape.parse("moving", List.of(MOVING)).getFirst();
      double bandwidth = moving.bytes() / seconds(backend, moving);
      for (PublishedModel model : PublishedModel.values()) {
        Messages.note("planning " + model.name);
        double seconds = 0;
        double bytes = 0;
        for (PublishedModel.Use use : model.uses()) {
          seconds += use.calls() * seconds(use.graph(), rates, bandwidth);
          long planned = new Planner(backend).size(use.graph(), Network.COMFORTABLE).bytes();
          bytes = model.inTurn() ? Math.max(bytes, planned) : bytes + planned;
        }
        Estimate estimate = new Estimate(seconds, bytes);
        measured.put(model, estimate);
        String who = "\t" + machine(backend) + "\t" + model.name;
        kept.add(seconds + "\t" + bytes + who, who);
      }
    }
    return measured;
  }

  /** Multiplications and additions a second, by kind. */
  private static Map<Kind, Double> rates(Backend backend) throws IOException {
    List<KernelShape> shapes;
    try (InputStream in = PictureTimes.class.getResourceAsStream(SHAPES)) {
      shapes = KernelShape.parse("the shapes",
          new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    }
    Map<Kind, Double> rates = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      double flops = 0;
      double seconds = 0;
      for (KernelShape shape : shapes) {
        if (shape.op().equals(kind.shape) && shape.name().startsWith("sd")) {
          flops += shape.flops();
          seconds += seconds(backend, shape);
        }
      }
      rates.put(kind, flops / seconds);
    }
    return rates;
  }

  /** The fastest run: what others do on the machine meanwhile is not to count. */
  private static double seconds(Backend backend, KernelShape shape) {
    try (TimedKernel kernel = new TimedKernel(backend, shape.graph())) {
      kernel.measure(SECONDS);
      return kernel.fastest();
    }
  }

  /** @param rates by kind @param bandwidth in bytes a second */
  private static double seconds(Graph graph, Map<Kind, Double> rates, double bandwidth) {
    double seconds = 0;
    for (Node node : graph.nodes()) {
      Kind kind = Kind.of(node.op());
      seconds += kind != null ? OpWork.flops(node) / rates.get(kind) : 2.0 * node.output().bytes() / bandwidth;
    }
    return seconds;
  }
}
