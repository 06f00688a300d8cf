/**
 * Captioned pictures of 64x64 from the npm package {@code emoji-datasource-google} (Noto Emoji, Apache-2.0), and a
 * small vocabulary for their captions. What the pictures show is told by tables beside this package's classes, one row
 * an emoji, and by rules for what comes in series: flags, clock faces, families, skin tones.
 */
package dev.langevin.training.data.emoji;
