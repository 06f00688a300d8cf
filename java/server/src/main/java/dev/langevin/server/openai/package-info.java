/** OpenAI's images, as its clients of 2026 ask for them. */
package dev.langevin.server.openai;
