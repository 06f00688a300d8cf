/** Whatever a configuration says, it gives a picture or one sentence. */
package dev.langevin.attack;
