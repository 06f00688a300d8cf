/**
 * From a graph to something that runs: passes that fuse operations and place memory, and the plan that they end in.
 */
package dev.langevin.plan;
