package dev.langevin.cli;

import dev.langevin.training.data.CaptionVocabulary;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.DatasetException;
import dev.langevin.training.data.FolderOptions;
import dev.langevin.training.data.ImageFolder;
import dev.langevin.training.emoji.EmojiFolder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "dataset", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    description = "Prepares data to train on.", subcommands = {DatasetCommand.FromEmoji.class, DatasetCommand.Vocabulary.class})
final class DatasetCommand {

  @Command(name = "emoji", mixinStandardHelpOptions = true,
      description = "An image folder of Noto Emoji with captions, from the npm package emoji-datasource-google " + EmojiFolder.VERSION + ".")
  static final class FromEmoji implements Callable<Integer> {

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to make.")
    private Path out;

    @Option(names = "--tarball", paramLabel = "FILE", description = "The package, where it is on this machine already.")
    private Path tarball;

    @Option(names = "--registry", paramLabel = "URL", defaultValue = "${env:npm_config_registry:-https://registry.npmjs.org}",
        description = "Where the package is fetched from (${DEFAULT-VALUE}).")
    private String registry;

    @Override
    public Integer call() throws Exception {
      int count;
      try (InputStream in = tarball != null ? Files.newInputStream(tarball) : download()) {
        count = EmojiFolder.write(in, EmojiFolder.INTEGRITY, out);
      }
      System.out.println(count + " pictures in " + out);
      return 0;
    }

    private InputStream download() throws InterruptedException {
      URI uri = URI.create(registry.replaceAll("/$", "") + "/" + EmojiFolder.PATH);
      try {
        HttpResponse<InputStream> answer = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofInputStream());
        if (answer.statusCode() != 200) {
          throw new DatasetException(uri + ": status " + answer.statusCode() + "; give the package with --tarball");
        }
        return answer.body();
      } catch (IOException e) {
        throw new DatasetException(uri + ": cannot be fetched: " + e + "; give the package with --tarball", e);
      }
    }
  }

  @Command(name = "vocabulary", mixinStandardHelpOptions = true,
      description = "A tokenizer with the part of CLIP's vocabulary that the captions of an image folder need.")
  static final class Vocabulary implements Callable<Integer> {

    @Parameters(paramLabel = "DIR", description = "An image folder with captions.")
    private Path folder;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The tokenizer's folder.")
    private Path out;

    @Option(names = "--length", defaultValue = "24", description = "Tokens of a text (${DEFAULT-VALUE}).")
    private int length;

    @Override
    public Integer call() throws IOException {
      if (length < 3) {
        throw new IllegalArgumentException("--length is " + length + "; a text has at least a start, a token and an end");
      }
      Dataset dataset = ImageFolder.open(folder, FolderOptions.usual().checking(0));
      List<String> captions = new ArrayList<>();
      for (int i = 0; i < dataset.size(); i++) {
        captions.addAll(dataset.annotation(i).captions());
      }
      CaptionVocabulary vocabulary = new CaptionVocabulary(captions);
      vocabulary.write(out, length);
      System.out.println(vocabulary.size() + " symbols for " + captions.size() + " captions in " + out);
      return 0;
    }
  }
}
