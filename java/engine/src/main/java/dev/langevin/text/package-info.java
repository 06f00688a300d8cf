/** Prompts as a text encoder reads them. Needs nothing but the JDK. */
package dev.langevin.text;
