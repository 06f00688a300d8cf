/** Pictures over HTTP: models that are loaded on demand, a bounded queue, and the interfaces of others' clients. */
package dev.langevin.server;
