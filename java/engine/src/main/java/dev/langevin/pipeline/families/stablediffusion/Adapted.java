package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.pipeline.stages.LatentDiffusion;
import dev.langevin.pipeline.stages.PromptEncoder;

/**
 * What of a model hangs on the low-rank updates of a request. Holds no file and no memory of a device: the networks
 * open the files where they pack weights.
 *
 * @param prompts with the tokens that the updates bring along
 * @param findings that know the updates by their names
 */
record Adapted(PromptEncoder prompts, LatentDiffusion diffusion, PromptFindings findings) {}
