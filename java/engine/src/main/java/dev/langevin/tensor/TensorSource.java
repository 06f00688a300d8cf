package dev.langevin.tensor;

/** Named tensors: the weights of a network, wherever they lie. */
public interface TensorSource {

  /**
   * The tensor of that name.
   *
   * @throws RuntimeException naming the tensor and the file if there is none
   */
  Tensor tensor(String name);

  /** Gives back memory that reading has filled from a file; tensors stay valid and are read again where they are used again. */
  default void unload() {}
}
