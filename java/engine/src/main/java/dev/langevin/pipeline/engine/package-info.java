/** What is common to all families: runs that take turns on a backend, networks with their kept plans. */
package dev.langevin.pipeline.engine;
