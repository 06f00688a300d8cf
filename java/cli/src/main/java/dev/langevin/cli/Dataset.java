package dev.langevin.cli;

import picocli.CommandLine.Command;

@Command(name = "dataset", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    description = "Prepares data to train with.", subcommands = {DatasetEmoji.class, DatasetFashionMnist.class})
final class Dataset {}
