package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;

/** An in-order queue of an engine; on a CPU a primitive has run when its call returns. */
public final class Stream extends Handle {

  public Stream(Engine engine) {
    super(create(Function.STREAM_CREATE, "cpu", engine.address(), Constant.STREAM_DEFAULT.value),
        Kind.STREAM, Function.STREAM_DESTROY);
  }
}
