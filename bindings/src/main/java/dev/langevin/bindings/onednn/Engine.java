package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;

/** A CPU engine. */
public final class Engine extends Handle {

  private Engine(long address) {
    super(address, Kind.ENGINE, Function.ENGINE_DESTROY);
  }

  public static Engine cpu() {
    return new Engine(create(Function.ENGINE_CREATE, "cpu, 0", Constant.CPU.value, 0L));
  }
}
