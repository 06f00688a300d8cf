/** How good a trained model is: distances between sets of pictures in a feature space. */
package dev.langevin.training.evaluation;
