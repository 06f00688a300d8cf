/** libwebp, as the artifact webp-imageio brings it. */
package dev.langevin.bindings.webp;
