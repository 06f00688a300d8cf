/** What programs write into pictures about how they were made, read as those programs read it. */
package dev.langevin.settings;
