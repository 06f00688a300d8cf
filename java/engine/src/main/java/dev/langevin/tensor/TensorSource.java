package dev.langevin.tensor;

/** Named tensors: the weights of a network, wherever they lie. */
public interface TensorSource {

  /**
   * The tensor of that name.
   *
   * @throws RuntimeException naming the tensor and the file if there is none
   */
  Tensor tensor(String name);
}
