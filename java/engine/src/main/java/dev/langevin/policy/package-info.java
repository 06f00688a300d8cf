/** What is done with what files and people bring and the engine cannot honour: one policy for all of it. */
package dev.langevin.policy;
