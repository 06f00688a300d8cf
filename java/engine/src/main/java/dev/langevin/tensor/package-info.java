/** Dense arrays over native memory: element types, shapes and tensors. Depends on the JDK alone. */
package dev.langevin.tensor;
