package dev.langevin.bindings.onednn;

/** An in-order queue of an engine; on a CPU a primitive has run when its call returns. */
public final class Stream extends Handle {

  private static final int DEFAULT_FLAGS = 1;

  public Stream(Engine engine) {
    super(create(Function.STREAM_CREATE, "cpu", engine.address(), DEFAULT_FLAGS), Function.STREAM_DESTROY);
  }
}
