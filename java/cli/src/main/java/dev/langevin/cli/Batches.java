package dev.langevin.cli;

import dev.langevin.backend.HostMemory;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.MemoryLimitException;

/**
 * A request's pictures in as few batches as fit into memory: mostly one. Where each picture has a seed of its own, the
 * batches give what one would; else they go on with one generator. One thread.
 */
final class Batches {

  /** Pictures of a batch that is not all: more at a time are no faster. */
  private static final int MOST = 1024;

  private final Pipeline pipeline;
  private final GenerationRequest request;
  private final ByteCount limit; // or null for a share of the machine's
  private TorchGenerator generator; // or null where each picture has a seed of its own
  private int size;
  private int told;
  private int done;

  /**
   * @param request of one prompt or none
   * @param limit of memory, or null for a share of the machine's
   */
  Batches(Pipeline pipeline, GenerationRequest request, ByteCount limit) {
    this.pipeline = pipeline;
    this.request = request;
    this.limit = limit;
    this.size = request.count();
    this.told = size;
    begin();
  }

  private void begin() {
    generator = pipeline.seedsEach() ? null : new TorchGenerator(request.seed());
  }

  /** Pictures that are still to be made. */
  int left() {
    return request.count() - done;
  }

  /** @throws MemoryLimitException if not even one picture fits */
  Generation next(GenerationListener listener) {
    while (true) {
      GenerationRequest part = part(Math.min(size, left()));
      try {
        Generation made = generator == null ? pipeline.generate(part, listener, new CancellationToken())
            : pipeline.generate(part, generator, listener, new CancellationToken());
        if (size < told) {
          Messages.warn(request.count()
              + " pictures at a time do not fit into memory; they are made in batches of "
              + size);
          told = size;
        }
        done += part.count();
        return made;
      } catch (MemoryLimitException e) {
        if (part.count() == 1) {
          throw e;
        }
        size = fitting(part.count());
        if (done == 0) {
          begin();
        }
      }
    }
  }

  private GenerationRequest part(int count) {
    return request.toBuilder().count(count).seed(generator == null ? request.seed() + done : request.seed()).build();
  }

  /** Less than what did not fit. */
  private int fitting(int tooMany) {
    long comfortable = limit != null ? limit.bytes() : HostMemory.machine() / 2;
    int count = Math.min(tooMany / 2, MOST);
    while (count > 1 && pipeline.plan(part(count)).peakBytes() > comfortable) {
      count /= 2;
    }
    return count;
  }
}
