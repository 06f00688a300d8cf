package dev.langevin.cli;

import picocli.CommandLine.Command;

@Command(name = "bench", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    description = "Measures this machine.",
    subcommands = {BenchAgainst.class, BenchUpscale.class, BenchColdStart.class, BenchDigests.class, BenchKernels.class,
        BenchLoad.class, BenchLora.class,
        BenchModel.class, BenchPeers.class, BenchPipeline.class, BenchPrecision.class, BenchTrain.class,
        BenchTurns.class, BenchWriteModel.class})
final class Bench {}
