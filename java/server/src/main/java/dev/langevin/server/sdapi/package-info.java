/** AUTOMATIC1111's API, {@code /sdapi/v1}, as its clients speak it. */
package dev.langevin.server.sdapi;
