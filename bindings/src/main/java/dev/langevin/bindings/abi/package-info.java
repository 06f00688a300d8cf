/**
 * C declarations as Java sees them, and the memory behind them. Not exported. What is declared with these types is
 * compared with the real headers: native/abi prints what the compiler makes of the headers, and the tests of each
 * package of bindings compare that text with their tables, in both directions.
 */
package dev.langevin.bindings.abi;
