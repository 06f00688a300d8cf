package dev.langevin.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every reference case below a folder, found by its case.json: results of other people's implementation that ours
 * must reproduce. The folder is system property {@code langevin.reference}; where it does not exist, the choice of
 * cases in the engine's test resources runs alone. The backend is that of {@link TestedBackend}.
 */
class ReferenceTest {

  private static final List<CaseRunner> RUNNERS = List.of(
      new RngCases(), new ForwardProcessCases(), new SchedulerCases(), new UNet2DCases(), new PixelPipelineCases(),
      new LayerCases(), new UNetConditionCases(), new LatentPipelineCases(), new AdapterCases(), new TokenizerCases(),
      new AutoencoderCases(), new ClipCases(), new PriorCases(), new UnClipCases(), new BrokenFolderCases(),
      new SingleFileCases(), new BrokenFileCases(), new WeightLayoutCases(), new TrainingCases(),
      new Float8Cases(), new PngInfoCases(), new LoraKindCases(), new PromptSyntaxCases(), new PromptEmbeddingCases(),
      new EsrganCases(),
      new SamplerNameCases());
