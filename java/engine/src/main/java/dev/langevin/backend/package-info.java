/**
 * The small interface between a plan and the kernels: prepare an operation, bind it to memory, execute it. The backends
 * lie in packages of their own and are found by {@link java.util.ServiceLoader}; nobody imports them by name.
 */
package dev.langevin.backend;
