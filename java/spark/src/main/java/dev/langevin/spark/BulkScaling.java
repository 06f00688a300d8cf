package dev.langevin.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "scaling", header = "Simulates a job on more executors than there are.",
    footer = {"langevin bulk scaling --picture 0.4 --executors 1,10,100,1000 --chart scaling.svg"},
    mixinStandardHelpOptions = true,
    description = "Simulates a job task by task on many executors, with times that were measured on few: what it takes,"
        + " and what it waits for.")
final class BulkScaling implements Callable<Integer> {

  @Option(names = "--rows", paramLabel = "N", defaultValue = "100000", description = "Pictures (${DEFAULT-VALUE}).")
  private long rows;

  @Option(names = "--rows-per-task", paramLabel = "N", defaultValue = "16",
      description = "Most rows of a task (${DEFAULT-VALUE}).")
  private int rowsPerTask;

  @Option(names = "--picture", paramLabel = "S", required = true, split = ",",
      description = "Seconds of a picture; several, for as many curves.")
  private List<Double> pictures = new ArrayList<>();

  @Option(names = "--spread", paramLabel = "X", defaultValue = "0.1",
      description = "Their standard deviation, as a share of their mean (${DEFAULT-VALUE}).")
  private double spread;

  @Option(names = "--start", paramLabel = "S", defaultValue = "10",
      description = "Seconds of the driver before the first task, and after the last (${DEFAULT-VALUE}).")
  private double start;

  @Option(names = "--load", paramLabel = "S", defaultValue = "10",
      description = "Seconds from an executor's start until its model is open, without its fetch (${DEFAULT-VALUE}).")
  private double load;

  @Option(names = "--task", paramLabel = "S", defaultValue = "0.01",
      description = "Seconds of the driver for a task (${DEFAULT-VALUE}).")
  private double task;

  @Option(names = "--model-bytes", paramLabel = "B", defaultValue = "0",
      description = "Bytes of the model that each host fetches (${DEFAULT-VALUE}).")
  private double modelBytes;

  @Option(names = "--per-host", paramLabel = "N", defaultValue = "1",
      description = "Executors of a host (${DEFAULT-VALUE}).")
  private int perHost;

  @Option(names = "--picture-bytes", paramLabel = "B", defaultValue = "10000",
      description = "Bytes of a picture's file (${DEFAULT-VALUE}).")
  private double pictureBytes;

  @Option(names = "--link", paramLabel = "B", defaultValue = "1.25e9",
      description = "Bytes a second of the store, from and to all hosts together (${DEFAULT-VALUE}).")
  private double link;

  @Option(names = "--executors", paramLabel = "N", split = ",", defaultValue = "1,3,10,30,100,300,1000,3000",
      description = "Numbers of executors (${DEFAULT-VALUE}).")
  private List<Integer> executors = new ArrayList<>();

  @Option(names = "--chart", paramLabel = "FILE", description = "Draws it as an SVG (none).")
  private Path chart;

  @Override
  public Integer call() throws Exception {
    Map<String, List<double[]>> curves = new LinkedHashMap<>();
    System.out.println("| s a picture | executors | time | pictures/s | efficiency | driver | store | bound by |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (double picture : pictures) {
      Scaling job = new Scaling(rows, rowsPerTask, picture, spread, start, load, task, modelBytes, perHost,
          pictureBytes, link);
      List<double[]> curve = new ArrayList<>();
      for (int count : executors) {
        Scaling.Outcome outcome = job.run(count);
        curve.add(new double[] {count, rows / outcome.seconds()});
        System.out.printf(Locale.ROOT, "| %s | %d | %s | %.3g | %.2f | %.2f | %.2f | %s |%n", picture, count,
            BulkProgress.time(outcome.seconds()), rows / outcome.seconds(), outcome.efficiency(), outcome.driver(),
            outcome.link(), outcome.bound());
      }
      curves.put(picture + " s a picture", curve);
    }
    if (chart != null) {
      Files.writeString(chart, ScalingChart.draw(String.format(Locale.ROOT, "%,d pictures, simulated", rows), curves));
      System.out.println(chart);
    }
    return 0;
  }
}
