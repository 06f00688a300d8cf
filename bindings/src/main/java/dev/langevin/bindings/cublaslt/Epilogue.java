package dev.langevin.bindings.cublaslt;

/** What is done to a product's sums before they are stored; a bias is of the result's type, a number a column. */
public enum Epilogue {
  NONE(Constant.EPILOGUE_DEFAULT, false),
  RELU(Constant.EPILOGUE_RELU, false),
  /** By tanh, as cuBLASLt has it. */
  GELU_TANH(Constant.EPILOGUE_GELU, false),
  BIAS(Constant.EPILOGUE_BIAS, true),
  BIAS_RELU(Constant.EPILOGUE_RELU_BIAS, true),
  BIAS_GELU_TANH(Constant.EPILOGUE_GELU_BIAS, true);

  final Constant constant;
  private final boolean bias;

  Epilogue(Constant constant, boolean bias) {
    this.constant = constant;
    this.bias = bias;
  }

  /** Whether it reads a bias. */
  public boolean bias() {
    return bias;
  }
}
