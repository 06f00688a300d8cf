package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory.NoiseLevel;

/**
 * A network call at a noise level.
 *
 * @param timestep that the network is told
 * @param inputScale factor on the sample before the network sees it
 * @param sampleCoefficient of the clean picture, {@code sampleCoefficient * x + modelCoefficient * answer}
 * @param modelCoefficient likewise
 * @param noised a picture at this level
 */
public record Level(double timestep, double inputScale, double sampleCoefficient, double modelCoefficient,
    NoiseLevel noised) {}
