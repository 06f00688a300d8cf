/** Programs that use the engine, each in a class of its own; docs/examples.md tells what they show. */
package dev.langevin.examples;
