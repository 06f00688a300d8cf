package dev.langevin.graph;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.List;

/**
 * An array that a graph computes, is given, or reads from a weight file.
 *
 * @param id unique within its graph, rising in the order of creation
 * @param name the weight's or input's name; for a computed value the path of the layer that computes it
 * @param shape extents of the dense row-major array
 * @param parts where a weight comes from; empty for every other value
 */
public record Value(int id, String name, DType dtype, Shape shape, List<WeightPart> parts) {

  /** Copies {@code parts}. */
  public Value {
    parts = List.copyOf(parts);
  }

  /** Whether it is read from weight files. */
  public boolean isWeight() {
    return !parts.isEmpty();
  }

  /** This value where it lies in another type. */
  public Value as(DType type) {
    return new Value(id, name, type, shape, parts);
  }

  /** Bytes of the dense array. */
  public long bytes() {
    return shape.elements() * dtype.bytes();
  }

  /** Values are told apart by id: two of the same shape are still two. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Value value && value.id == id;
  }

  @Override
  public int hashCode() {
    return id;
  }

  @Override
  public String toString() {
    return name + " " + shape;
  }

  /**
   * Rows of a stored tensor. A weight is one part or several one after another along the outermost axis: q, k and v in
   * one matrix, or half of a gated layer's projection.
   *
   * @param name the tensor's name in the weight file
   * @param stored its whole shape there
   * @param firstRow first row taken, along the outermost axis
   * @param rows number of rows taken
   */
  public record WeightPart(String name, Shape stored, long firstRow, long rows) {}
}
