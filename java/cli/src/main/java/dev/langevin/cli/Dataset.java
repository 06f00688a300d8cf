package dev.langevin.cli;

import picocli.CommandLine.Command;

@Command(name = "dataset", header = "Prepares data to train with.",
    footer = {"langevin dataset emoji --out data/emoji"}, mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Prepares data to train with.", subcommands = {DatasetEmoji.class, DatasetFashionMnist.class})
final class Dataset {}
