/** Models of the Hugging Face Hub, and the cache on disk that its programs share: {@link dev.langevin.hub.ModelHub}. */
package dev.langevin.hub;
