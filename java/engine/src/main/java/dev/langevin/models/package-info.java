/** Networks: pure functions from a configuration record to a graph. They hold no weights, only their names. */
package dev.langevin.models;
