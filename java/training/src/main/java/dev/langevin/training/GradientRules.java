package dev.langevin.training;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** What each operation owes its inputs, given the gradient by its result. */
final class GradientRules {

  private final Autodiff graph;

  GradientRules(Autodiff graph) {
    this.graph = graph;
  }

  void apply(Node node, Value dy) {
    switch (node.op()) {
      case Op.Conv2d op -> conv2d(op, node, dy);
      case Op.Linear op -> linear(op, node, dy);
      case Op.GroupNorm op -> each(node, new GradientOp.GroupNormInputs(op), append(node.inputs(), dy), node.inputs());
      case Op.LayerNorm op -> each(node, new GradientOp.LayerNormInputs(op.epsilon()),
          List.of(node.input(0), node.input(1), dy), node.inputs());
      case Op.Attention op ->
          each(node, new GradientOp.AttentionInputs(op), append(append(node.inputs(), node.output()), dy),
              op.packing() == Op.Packing.QKV ? node.inputs().subList(0, 1) : node.inputs().subList(0, 2));
      case Op.Activate op -> single(node, new GradientOp.ActivateSource(op.function()), List.of(node.input(0), dy));
      case Op.Affine op -> single(node, new Op.Affine(op.factor(), 0), List.of(dy));
      case Op.Add op -> {
        add(node.input(0), dy, node);
        add(node.input(1), dy, node);
      }
      case Op.Multiply op -> {
        to(node, 0, () -> graph.emit(node.output().name(), new Op.Multiply(), List.of(dy, node.input(1)), dy.shape()));
        to(node, 1, () -> graph.emit(node.output().name(), new Op.Multiply(), List.of(dy, node.input(0)), dy.shape()));
      }
      case Op.Concat op -> {
        long first = node.input(0).shape().dim(op.axis());
        to(node, 0, () -> slice(node, dy, op.axis(), 0, node.input(0).shape()));
        to(node, 1, () -> slice(node, dy, op.axis(), first, node.input(1).shape()));
      }
      case Op.Slice op -> single(node, new GradientOp.Embed(op.axis(), op.from()), List.of(dy));
      case GradientOp.Embed op -> single(node, new Op.Slice(op.axis(), op.from()), List.of(dy));
      case Op.UpsampleNearest op -> single(node, () -> {
        Value mean =
            graph.emit(node.output().name(), new Op.AveragePool(op.factor()), List.of(dy), node.input(0).shape());
        return graph.emit(node.output().name(), new Op.Affine(op.factor() * op.factor(), 0), List.of(mean),
            mean.shape());
      });
      case Op.AveragePool op -> single(node, () -> averagePool(op, node, dy));
      case Op.Embedding op -> to(node, 1,
          () -> graph.emit(node.output().name(), new GradientOp.EmbeddingTable(), List.of(node.input(0), dy),
              node.input(1).shape()));
      case Op.ToChannelsLast op -> single(node, new Op.ToChannelsFirst(), List.of(dy));
      case Op.ToChannelsFirst op -> single(node, new Op.ToChannelsLast(), List.of(dy));
      case Op.Reshape op -> single(node, new Op.Reshape(), List.of(dy));
      case GradientOp.Dropout op -> single(node, op, List.of(dy, node.input(1)));
      case GradientOp.GaussianSample op -> single(
          node, new GradientOp.GaussianSampleMoments(), List.of(node.input(0), node.input(1), dy));
      default ->
          throw new GraphException(node + ": has no gradient; it cannot lie between what is trained and the loss");
    }
  }

  private interface Gradient {
    Value emit();
  }

  /** The gradient of the input of that index, where it is of use. */
  private void to(Node node, int input, Gradient gradient) {
    if (graph.needs(node.input(input))) {
      graph.contribute(node.input(input), gradient.emit());
    }
  }

  private void single(Node node, Gradient gradient) {
    to(node, 0, gradient);
  }

  private void single(Node node, Op op, List<Value> inputs) {
    to(node, 0, () -> graph.emit(node.output().name(), op, inputs, node.input(0).shape()));
  }

  /** One node that computes the gradients of several inputs together. */
  private void each(Node node, Op op, List<Value> inputs, List<Value> of) {
    List<Value> gradients = graph.emit(node.output().name(), op, inputs, of.stream().map(Value::shape).toList());
    for (int i = 0; i < of.size(); i++) {
      if (graph.needs(of.get(i))) {
        graph.contribute(of.get(i), gradients.get(i));
      }
    }
  }

  private void conv2d(Op.Conv2d op, Node node, Value dy) {
    requirePlain(node, op.post().isEmpty());
    to(node, 0, () -> graph.emit(node.output().name(), new GradientOp.Conv2dSource(op.stride(), op.padding()),
        List.of(dy, node.input(1)), node.input(0).shape()));
    weights(node, new GradientOp.Conv2dWeights(op.stride(), op.padding(), op.bias()), dy);
  }

  private void linear(Op.Linear op, Node node, Value dy) {
    requirePlain(node, op.post().isEmpty());
    to(node, 0, () -> graph.emit(
        node.output().name(), new GradientOp.LinearSource(), List.of(dy, node.input(1)), node.input(0).shape()));
    weights(node, new GradientOp.LinearWeights(op.bias()), dy);
  }

  private static void requirePlain(Node node, boolean plain) {
    if (!plain) {
      throw new GraphException(node + ": is fused; differentiate the graph before it is planned");
    }
  }

  private void weights(Node node, Op op, Value dy) {
    List<Value> parameters = node.inputs().subList(1, node.inputs().size());
    if (parameters.stream().anyMatch(graph::needs)) {
      each(node, op, List.of(node.input(0), dy), parameters);
    }
  }

  private void add(Value input, Value dy, Node node) {
    if (graph.needs(input)) {
      graph.contribute(input, input.shape().equals(dy.shape()) ? dy
          : graph.emit(node.output().name(), new GradientOp.Sum(), List.of(dy), input.shape()));
    }
  }

  private Value slice(Node node, Value dy, int axis, long from, Shape shape) {
    return graph.emit(node.output().name(), new Op.Slice(axis, from), List.of(dy), shape);
  }

  /** A window's mean passes to each of its pixels; pixels of a rest at the border get nothing. */
  private Value averagePool(Op.AveragePool op, Node node, Value dy) {
    String name = node.output().name();
    Shape s = dy.shape();
    Shape covered = s.with(1, s.dim(1) * op.size()).with(2, s.dim(2) * op.size());
    Value part = graph.emit(name, new Op.Affine(1.0 / (op.size() * op.size()), 0), List.of(dy), s);
    part = graph.emit(name, new Op.UpsampleNearest(op.size()), List.of(part), covered);
    for (int axis = 1; axis <= 2; axis++) {
      if (part.shape().dim(axis) < node.input(0).shape().dim(axis)) {
        part = graph.emit(name, new GradientOp.Embed(axis, 0), List.of(part),
            part.shape().with(axis, node.input(0).shape().dim(axis)));
      }
    }
    return part;
  }

  private static List<Value> append(List<Value> values, Value last) {
    List<Value> joined = new ArrayList<>(values);
    joined.add(last);
    return joined;
  }
}
