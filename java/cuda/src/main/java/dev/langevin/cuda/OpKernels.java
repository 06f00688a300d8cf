package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Node;

/** Who computes ops on a device: a library, or the kernels of this project. Asked in order, the first answer counts. */
interface OpKernels {

  /** An implementation, or null where it has none for this node. */
  PreparedOp prepare(Session session, Node node, Precision precision);
}
