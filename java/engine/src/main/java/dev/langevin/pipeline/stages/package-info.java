/** Parts that pipelines are made of. */
package dev.langevin.pipeline.stages;
