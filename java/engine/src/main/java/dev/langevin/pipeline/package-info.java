/** Whole models: from a folder and a request to pictures. */
package dev.langevin.pipeline;
