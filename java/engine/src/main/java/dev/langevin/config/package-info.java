/** What a model's configuration files may hold: every field that is read is declared here, once. */
package dev.langevin.config;
