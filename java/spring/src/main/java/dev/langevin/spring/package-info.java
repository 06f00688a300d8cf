/** A pipeline as a bean, Spring AI's picture model on it, health and metrics. */
package dev.langevin.spring;
