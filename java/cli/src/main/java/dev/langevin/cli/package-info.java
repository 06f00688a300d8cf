/** The command line. */
package dev.langevin.cli;
