package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A weighted sum of one network's weights in several models. A sum is made where it is decoded: no more than a chunk of
 * it is in memory. It is rounded to f32 once.
 */
public final class MixedTensors implements NamedTensors {

  /** Weights and their factor. */
  public record Term(NamedTensors tensors, double factor) {}

  private final List<Term> terms;

  private MixedTensors(List<Term> terms) {
    this.terms = List.copyOf(terms);
  }

  /**
   * A weighted sum, after a look at names and shapes alone; the models must stay open as long as it is read.
   *
   * @param terms at least one; the first one's integers are kept
   * @throws WeightsException if one has other tensors, or of other shapes, than the first, naming them
   */
  public static NamedTensors of(List<Term> terms) {
    NamedTensors first = terms.getFirst().tensors;
    for (Term term : terms) {
      List<String> others = new ArrayList<>();
      first.names().stream().filter(name -> !term.tensors.has(name)).forEach(others::add);
      term.tensors.names().stream().filter(name -> !first.has(name)).forEach(others::add);
      for (String name : first.names()) {
        Shape shape = first.tensor(name).shape();
        if (term.tensors.has(name) && !term.tensors.tensor(name).shape().equals(shape)) {
          others.add(name + " " + shape + " and " + term.tensors.tensor(name).shape());
        }
      }
      if (!others.isEmpty()) {
        throw new WeightsException(first.origin() + " and " + term.tensors.origin() + " differ in " + others.size()
            + " tensors, such as " + others.subList(0, Math.min(5, others.size()))
            + "; only models of one kind can be mixed");
      }
    }
    return new MixedTensors(terms);
  }

  @Override
  public Tensor tensor(String name) {
    Tensor base = terms.getFirst().tensors.tensor(name);
    if (!base.encoding().isFloatingPoint()) {
      return base;
    }
    List<Tensor> tensors = terms.stream().map(term -> term.tensors.tensor(name)).toList();
    return new Tensor(new Sum(base.encoding(), tensors, terms, 0), base.shape(), base.data());
  }

  @Override
  public String origin() {
    return terms.getFirst().tensors.origin();
  }

  @Override
  public Set<String> names() {
    return terms.getFirst().tensors.names();
  }

  @Override
  public List<String> notFinite() {
    return terms.stream().flatMap(term -> term.tensors.notFinite().stream()).distinct().toList();
  }

  @Override
  public void unload() {
    terms.forEach(term -> term.tensors.unload());
  }

  @Override
  public void requireUnchanged() {
    terms.forEach(term -> term.tensors.requireUnchanged());
  }

  /** @param before elements of the tensors that lie before the data's first */
  private record Sum(Encoding base, List<Tensor> tensors, List<Term> terms, long before) implements Encoding {

    @Override
    public String name() {
      return base.name() + " mixed";
    }

    @Override
    public int blockElements() {
      return base.blockElements();
    }

    @Override
    public int blockBytes() {
      return base.blockBytes();
    }

    @Override
    public boolean isFloatingPoint() {
      return true;
    }

    @Override
    public Encoding from(long first) {
      return new Sum(base.from(first), tensors, terms, before + first);
    }

    @Override
    public void decode(MemorySegment data, long first, int count, float[] target) {
      float[] values = new float[count];
      double[] sums = new double[count];
      for (int t = 0; t < tensors.size(); t++) {
        double factor = terms.get(t).factor;
        tensors.get(t).copyFloats(before + first, count, MemorySegment.ofArray(values));
        for (int i = 0; i < count; i++) {
          sums[i] += factor * values[i];
        }
      }
      for (int i = 0; i < count; i++) {
        target[i] = (float) sums[i];
      }
    }
  }
}
