/** What is asked of a model and what comes of it: requests, options, listeners, results. */
package dev.langevin.request;
