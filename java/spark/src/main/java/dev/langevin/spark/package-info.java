/** Bulk generation on Apache Spark: rows in, pictures and a manifest out. */
package dev.langevin.spark;
