/** The architecture of DALL-E 2. */
package dev.langevin.pipeline.families.unclip;
