package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;

/** What is particular to a kind of model: its loss, what it is shown, and how it is saved. Used by one thread. */
interface Task extends AutoCloseable {

  /** What it is trained on. */
  Dataset dataset();

  /** What it is shown beside, see {@link PriorPreservation}; null for nothing. */
  default Dataset classPictures() {
    return null;
  }

  /** What else a run tells at its start; null for nothing. */
  default String note() {
    return null;
  }

  /** The network and its loss, for one batch. */
  LossGraph loss();

  /** {@link #loss}, of every size of sample that batches may have; {@link Learner#use} chooses. */
  default List<LossGraph> losses() {
    return List.of(loss());
  }

  /** What the weights begin with. */
  TensorSource initial();

  /** Whether a weight of that name is trained. */
  default boolean trained(String name) {
    return true;
  }

  /** Batches from a step on. */
  Feed feed(long firstBatch);

  /** A run's batches, in order. */
  interface Feed extends AutoCloseable {
    Batch next();

    /** Seconds that {@link #next} has waited. */
    double waited();

    @Override
    void close();
  }

  /** Writes a learner's inputs. */
  void write(Batch batch, StepRandom random, Learner learner);

  /** Writes what was learnt as a folder that can be loaded; {@code block} holds the weights. */
  void save(Path folder, Parameters parameters, Block block);

  /** Pictures of a model that was saved, for a grid; empty if this kind of model makes none. */
  default List<BufferedImage> samples(Path folder, Batch batch) {
    return List.of();
  }

  @Override
  default void close() {}
}
