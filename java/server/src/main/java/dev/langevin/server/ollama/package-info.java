/** Ollama's generation of pictures, {@code /api/generate}, as its clients speak it. */
package dev.langevin.server.ollama;
