package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/** The reference backend, which counts how often work is handed to its thread. */
final class CountedBackend implements AutoCloseable {

  /** Times that work was handed over for at once, and for later. */
  final AtomicInteger atOnce = new AtomicInteger();
  final AtomicInteger later = new AtomicInteger();
  final AtomicInteger calls = new AtomicInteger(); // that were waited for
  final Backend backend;
  private final Backend inner = Backend.open("reference", BackendOptions.usual());

  CountedBackend() {
    backend = (Backend) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Backend.class},
        (proxy, method, arguments) -> {
          switch (method.getName()) {
            case "post" -> ((long) arguments[0] == 0 ? atOnce : later).incrementAndGet();
            case "call" -> calls.incrementAndGet();
            default -> {}
          }
          try {
            return method.invoke(inner, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  @Override
  public void close() {
    inner.close();
  }
}
