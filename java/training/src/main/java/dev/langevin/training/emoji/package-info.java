/** The emoji that the bundled model was trained on: from the published package to an image folder with captions. */
package dev.langevin.training.emoji;
