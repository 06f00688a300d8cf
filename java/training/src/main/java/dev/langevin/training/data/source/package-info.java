/**
 * Where data sets come from: packages of public registries, unpacked into a folder that is whole or not there at all.
 */
package dev.langevin.training.data.source;
