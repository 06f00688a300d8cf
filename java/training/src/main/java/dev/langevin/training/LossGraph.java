package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network with its loss behind it.
 *
 * @param graph has the outputs that each factory names, among them {@code loss} (N), one number a sample
 * @param seeds the gradient of the loss, averaged over the batch, by values of the graph
 */
public record LossGraph(Graph graph, Map<Value, Value> seeds) {

  /** Numbers of a step that {@link GradientOp.LearnedVarianceLoss} asks for. */
  static final int STEP_NUMBERS = 8;

  /**
   * The distance of {@code output} from a further input {@code target} of its shape, weighed by a further input
   * {@code weight} (N); {@code loss} is that before the weight.
   */
  public static LossGraph of(Graph network, String output, LossFunction function) {
    return of(network, output, function, false);
  }

  /**
   * The same where some places count less.
   *
   * @param masked whether the distance is multiplied, at each place, by a further input {@code mask} (N, 1, H, W); its
   *   mean is over all places nonetheless
   */
  static LossGraph of(Graph network, String output, LossFunction function, boolean masked) {
    GraphExtension g = new GraphExtension(network);
    Value prediction = output(network, output);
    List<Value> in = new ArrayList<>(List.of(prediction, g.input("target", DType.F32, prediction.shape()),
        g.input("weight", DType.F32, Shape.of(prediction.shape().dim(0)))));
    if (masked) {
      in.add(g.input("mask", DType.F32, prediction.shape().with(1, 1)));
    }
    List<Value> loss = g.emit("loss", new GradientOp.Loss(function), in,
        List.of(Shape.of(prediction.shape().dim(0)), prediction.shape()));
    g.output("loss", loss.get(0));
    return new LossGraph(g.build(), Map.of(prediction, loss.get(1)));
  }

  /**
   * The loss of a network that predicts its target and a variance. Further inputs: {@code target}, {@code x0} and
   * {@code xt} (N, C, H, W), {@code weight} (N) and {@code steps} (N, 8), as {@link GradientOp.LearnedVarianceLoss}
   * lists them.
   *
   * @param factor of the variational bound, in nats per dimension and step
   */
  public static LossGraph learnedVariance(Graph network, String output, double factor) {
    GraphExtension g = new GraphExtension(network);
    Value prediction = output(network, output);
    long channels = prediction.shape().dim(1);
    if (channels % 2 != 0) {
      throw new GraphException(
          "a learned variance needs twice the picture's channels in out_channels, not " + channels);
    }
    Shape picture = prediction.shape().with(1, channels / 2);
    Shape samples = Shape.of(picture.dim(0));
    List<Value> in = List.of(prediction, g.input("target", DType.F32, picture), g.input("x0", DType.F32, picture),
        g.input("xt", DType.F32, picture), g.input("weight", DType.F32, samples),
        g.input("steps", DType.F32, Shape.of(samples.dim(0), STEP_NUMBERS)));
    List<Value> loss =
        g.emit("loss", new GradientOp.LearnedVarianceLoss(factor), in, List.of(samples, prediction.shape()));
    g.output("loss", loss.get(0));
    return new LossGraph(g.build(), Map.of(prediction, loss.get(1)));
  }

  /**
   * An autoencoder's loss (arXiv:1312.6114, equation 10): the distance of {@code reconstruction} from input
   * {@code target}, averaged over its elements, plus {@code divergenceFactor} times the divergence of the posterior
   * from a unit normal, a further output {@code
   * divergence} (N), averaged over the reconstruction's elements too.
   *
   * @param autoencoder as {@link dev.langevin.models.AutoencoderKL#autoencode} builds it
   */
  public static LossGraph autoencoder(Graph autoencoder, LossFunction function, double divergenceFactor) {
    LossGraph reconstruction = of(autoencoder, "reconstruction", function);
    GraphExtension g = new GraphExtension(reconstruction.graph());
    Value moments = output(autoencoder, "moments");
    Shape picture = output(autoencoder, "reconstruction").shape();
    double elements = (double) picture.elements() / picture.dim(0);
    List<Value> divergence =
        g.emit("divergence", new GradientOp.GaussianDivergence(divergenceFactor / elements), List.of(moments),
            List.of(Shape.of(picture.dim(0)), moments.shape()));
    g.output("divergence", divergence.get(0));
    Map<Value, Value> seeds = new java.util.HashMap<>(reconstruction.seeds());
    seeds.put(moments, divergence.get(1));
    return new LossGraph(g.build(), seeds);
  }

  /** Cross-entropy of {@code output} (N, K) with a further input {@code labels} (N) i64. */
  public static LossGraph classifier(Graph network, String output) {
    GraphExtension g = new GraphExtension(network);
    Value logits = output(network, output);
    Value labels = g.input("labels", DType.I64, Shape.of(logits.shape().dim(0)));
    List<Value> loss =
        g.emit("loss", new GradientOp.CrossEntropy(), List.of(logits, labels), List.of(labels.shape(), logits.shape()));
    g.output("loss", loss.get(0));
    return new LossGraph(g.build(), Map.of(logits, loss.get(1)));
  }

  /**
   * CLIP's loss of outputs {@code texts} and {@code pictures} (N, E).
   *
   * @param scale as of {@link GradientOp.ContrastiveLoss}
   */
  public static LossGraph contrastive(Graph network, String texts, String pictures, double scale) {
    GraphExtension g = new GraphExtension(network);
    Value text = output(network, texts);
    Value picture = output(network, pictures);
    List<Value> loss = g.emit("loss", new GradientOp.ContrastiveLoss(scale), List.of(text, picture),
        List.of(Shape.of(text.shape().dim(0)), text.shape(), picture.shape()));
    g.output("loss", loss.get(0));
    return new LossGraph(g.build(), Map.of(text, loss.get(1), picture, loss.get(2)));
  }

  private static Value output(Graph graph, String name) {
    Value value = graph.outputs().get(name);
    if (value == null) {
      throw new GraphException("the network has no output '" + name + "'; it has " + graph.outputs().keySet());
    }
    return value;
  }
}
