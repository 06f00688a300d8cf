/** What networks are trained on: pictures, labels and captions, read and prepared on threads of their own. */
package dev.langevin.training.data;
