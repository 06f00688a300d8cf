/**
 * Every operation in plain Java, in double precision: slow, obvious, and what the other backends are tested against.
 */
package dev.langevin.backend.reference;
