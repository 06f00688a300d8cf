/** The page for people: its files, and what it asks beyond the interfaces that programs use. */
package dev.langevin.server.page;
