package dev.langevin.hub;

import java.util.List;

/**
 * What a load of a model needs.
 *
 * @param reference its name
 * @param commit of the hub's git that the revision stands for now
 * @param pipeline class of diffusers' pipeline by {@code model_index.json}, or null where the model has none
 * @param files that a load needs
 * @param missing those of them that are not in the cache yet
 */
public record HubModel(ModelReference reference, String commit, String pipeline, List<HubFile> files,
    List<HubFile> missing) {

  /** Keeps copies. */
  public HubModel {
    files = List.copyOf(files);
    missing = List.copyOf(missing);
  }

  /** Of all files. */
  public long bytes() {
    return files.stream().mapToLong(HubFile::bytes).sum();
  }

  /** Of the files that are to be fetched. */
  public long missingBytes() {
    return missing.stream().mapToLong(HubFile::bytes).sum();
  }
}
