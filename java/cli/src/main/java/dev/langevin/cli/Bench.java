package dev.langevin.cli;

import picocli.CommandLine.Command;

@Command(name = "bench", header = "Measures this machine.",
    footer = {"langevin bench kernels", "langevin bench model tiny"}, mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Measures this machine.",
    subcommands = {BenchAgainst.class, BenchUpscale.class, BenchColdStart.class, BenchDigests.class, BenchJudge.class,
        BenchKernels.class, BenchLoad.class, BenchLora.class,
        BenchModel.class, BenchPeers.class, BenchPipeline.class, BenchPrecision.class, BenchTrain.class,
        BenchTurns.class, BenchWriteModel.class})
final class Bench {}
