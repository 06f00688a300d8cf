package dev.langevin.tensor;

/** Named tensors: the weights of a network, wherever they lie. */
public interface TensorSource {

  /**
   * The tensor of that name.
   *
   * @throws RuntimeException naming the tensor and the file if there is none
   */
  Tensor tensor(String name);

  /**
   * What all values follow from: equal in any process where every tensor is equal, and told without reading the
   * tensors. Null where nothing cheap tells it, as with weights that are changed in memory.
   */
  default String identity() {
    return null;
  }

  /**
   * Gives back memory that reading has filled from a file; tensors stay valid and are read again where they are used
   * again.
   */
  default void unload() {}

  /**
   * Checks that the values are those that were opened; without a file there is nothing to check.
   *
   * @throws ChangedFileException if the values lie in a file that was changed since it was opened: what was read is not
   *   to be used
   */
  default void requireUnchanged() {}
}
