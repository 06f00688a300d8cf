package dev.langevin.backend;

/**
 * How convolutions, linear layers and attention are computed. A network's inputs and outputs are f32 in any case; so is
 * what layers read and give, but where a precision says otherwise.
 */
public enum Precision {
  /** 32-bit floating-point numbers. */
  F32,
  /**
   * {@link #F32} whose products see the first 11 bits of each factor's significand, where the backend {@code cuda} has
   * engines that multiply so; the same memory. No other backend has it.
   */
  TF32,
  /**
   * Weights, values between layers and what is multiplied rounded to binary16, 11 bits of significand and nothing above
   * 65504; sums in f32. Half of the memory. The usual precision of the backend {@code cuda}, which alone has it.
   */
  F16,
  /**
   * Weights and what they meet rounded to bfloat16, sums in f32. Weights take half of the memory; faster where the
   * processor multiplies such numbers (avx512_bf16, AMX), slower elsewhere, and refused where oneDNN lacks such
   * kernels, see {@link Backend#refusal}. The backend {@code cuda} keeps values between layers so, too, which
   * processors keep in f32.
   */
  BF16,
  /**
   * Weights as signed bytes with a scale for each result channel, activations as bytes with a scale and a zero that are
   * found anew at each run, for each row of a matrix or band of a picture; exact sums. Weights take a quarter of the
   * memory. In attention without bias or causal mask, queries, keys, values and the weights of softmax are bytes. The
   * backend {@code cuda} has a scale for each sample of a picture or row of a matrix and no zero; attention and values
   * between layers are as in {@link #F16} there.
   */
  INT8
}
