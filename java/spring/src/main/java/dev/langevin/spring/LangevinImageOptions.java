package dev.langevin.spring;

import java.awt.image.BufferedImage;
import java.time.Duration;
import org.springframework.ai.image.ImageOptions;

/**
 * What one request asks for beside its prompt; a null leaves it to {@code langevin.image.*}, and then to the model.
 * Made by {@link #builder}.
 */
public final class LangevinImageOptions implements ImageOptions {

  private final Builder values;

  private LangevinImageOptions(Builder values) {
    this.values = values;
  }

  /** Without anything asked for. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public Integer getN() {
    return values.n;
  }

  /** None: a bean has one model. */
  @Override
  public String getModel() {
    return null;
  }

  @Override
  public Integer getWidth() {
    return values.width;
  }

  @Override
  public Integer getHeight() {
    return values.height;
  }

  /** Always base64: there is no place from which a picture could be fetched. */
  @Override
  public String getResponseFormat() {
    return "b64_json";
  }

  /** None: it is said in the prompt. */
  @Override
  public String getStyle() {
    return null;
  }

  /** Steps of the sampler. */
  public Integer getSteps() {
    return values.steps;
  }

  /** Scale of classifier-free guidance. */
  public Double getGuidance() {
    return values.guidance;
  }

  /** The sampler by one of its names. */
  public String getSampler() {
    return values.sampler;
  }

  /** What is guided away from. */
  public String getNegativePrompt() {
    return values.negativePrompt;
  }

  /** For the same pictures each time. */
  public Long getSeed() {
    return values.seed;
  }

  /** A picture to begin with. */
  public BufferedImage getImage() {
    return values.image;
  }

  /** Of the picture's size: transparent, or where nothing is, white pixels are painted anew. */
  public BufferedImage getMask() {
    return values.mask;
  }

  /** Share of the picture to begin with that is painted anew, above 0 and at most 1. */
  public Double getStrength() {
    return values.strength;
  }

  /** Most time that the request may take, waiting included. */
  public Duration getDeadline() {
    return values.deadline;
  }

  /** Collects what is asked for. */
  public static final class Builder implements Cloneable {

    private Integer n;
    private Integer width;
    private Integer height;
    private Integer steps;
    private Double guidance;
    private String sampler;
    private String negativePrompt;
    private Long seed;
    private BufferedImage image;
    private BufferedImage mask;
    private Double strength;
    private Duration deadline;

    private Builder() {}

    /** How many pictures, at least 1. */
    public Builder n(Integer pictures) {
      this.n = pictures;
      return this;
    }

    /** In pixels. */
    public Builder size(int width, int height) {
      this.width = width;
      this.height = height;
      return this;
    }

    /** Steps of the sampler, at least 1. */
    public Builder steps(Integer steps) {
      this.steps = steps;
      return this;
    }

    /** Scale of classifier-free guidance; 1 for none. */
    public Builder guidance(Double scale) {
      this.guidance = scale;
      return this;
    }

    /** The sampler by one of its names. */
    public Builder sampler(String name) {
      this.sampler = name;
      return this;
    }

    /** What is guided away from. */
    public Builder negativePrompt(String prompt) {
      this.negativePrompt = prompt;
      return this;
    }

    /** For the same pictures each time. */
    public Builder seed(Long seed) {
      this.seed = seed;
      return this;
    }

    /** A picture to begin with. */
    public Builder image(BufferedImage picture) {
      this.image = picture;
      return this;
    }

    /** Of the picture's size: transparent, or where nothing is, white pixels are painted anew. */
    public Builder mask(BufferedImage mask) {
      this.mask = mask;
      return this;
    }

    /** Share of the picture to begin with that is painted anew, above 0 and at most 1. */
    public Builder strength(Double share) {
      this.strength = share;
      return this;
    }

    /** Most time that the request may take, waiting included. */
    public Builder deadline(Duration time) {
      this.deadline = time;
      return this;
    }

    /** What is collected so far. */
    public LangevinImageOptions build() {
      try {
        return new LangevinImageOptions((Builder) clone());
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e); // it is Cloneable
      }
    }
  }
}
