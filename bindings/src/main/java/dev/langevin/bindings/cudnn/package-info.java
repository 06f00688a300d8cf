/**
 * cuDNN's backend interface, bound by hand: graphs of operations, the engines that compute them, and plans. A plan can
 * be made for a device that is not there, from its description.
 */
package dev.langevin.bindings.cudnn;
