/** Where the parts of a model lie, and reports on them. */
package dev.langevin.pipeline.files;
