package dev.langevin.request;

/**
 * What a program may want to know of a model before it asks for pictures.
 *
 * @param family for people
 * @param width of its usual pictures, as {@code height}
 * @param sizeMultiple what both sides are multiples of
 * @param sampler class of the sampler that it uses by itself; null where it has several
 * @param readsText whether it takes a prompt
 * @param needsClass whether it takes a class
 * @param upscales whether it makes a picture larger instead of making one from text alone
 * @param zerosWithoutNegative whether no negative prompt means zeros, not the encoding of an empty text
 * @param clipSkip the text encoder's layer that it reads by itself, counted from the end as web UIs do: 1 is the last,
 *   SDXL reads the one before
 * @param classNames of a model that takes a class, by number
 */
public record ModelFacts(
    String family, int width, int height, int sizeMultiple, String sampler, boolean readsText, boolean needsClass,
    boolean upscales, boolean zerosWithoutNegative, int clipSkip, ClassNames classNames) {

  /** Of a model whose text encoder is read to its end, or that has none. */
  public ModelFacts(String family, int width, int height, int sizeMultiple, String sampler, boolean readsText,
      boolean needsClass, boolean upscales) {
    this(family, width, height, sizeMultiple, sampler, readsText, needsClass, upscales, false, 1);
  }

  /** Of a model whose classes have no names, or that has none. */
  public ModelFacts(String family, int width, int height, int sizeMultiple, String sampler, boolean readsText,
      boolean needsClass, boolean upscales, boolean zerosWithoutNegative, int clipSkip) {
    this(family, width, height, sizeMultiple, sampler, readsText, needsClass, upscales, zerosWithoutNegative, clipSkip,
        ClassNames.NONE);
  }
}
