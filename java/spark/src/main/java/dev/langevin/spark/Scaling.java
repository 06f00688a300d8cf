package dev.langevin.spark;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * A job on more executors than there are, simulated task by task. The driver serves one task at a time: it hands it
 * out, and takes its result. An executor fetches the model together with all others over the store's common link, opens
 * it, then makes its tasks' pictures one after another, whose times are drawn from a log-normal distribution. Files go
 * over the same link, one after another. Nothing is shuffled but the rows, before the start.
 *
 * @param rows pictures to make
 * @param rowsPerTask most rows of a task; fewer where there are more executors than such tasks
 * @param pictureSeconds mean time of a picture
 * @param spread standard deviation of a picture's time, as a share of the mean
 * @param startSeconds driver's time before the first task and after the last
 * @param loadSeconds executor's time from its start until its model is open, without the fetch
 * @param taskSeconds driver's time for a task
 * @param modelBytes that each host fetches
 * @param executorsPerHost which share a fetched model
 * @param pictureBytes of a file
 * @param linkBytes that the store gives and takes in a second, from and to all hosts together
 */
public record Scaling(long rows, int rowsPerTask, double pictureSeconds, double spread, double startSeconds,
    double loadSeconds, double taskSeconds, double modelBytes, int executorsPerHost, double pictureBytes,
    double linkBytes) {

  /**
   * What a number of executors does.
   *
   * @param seconds of the whole job
   * @param efficiency share of the executors' time in which they make pictures
   * @param driver share of the job's time in which the driver is busy with tasks
   * @param link share of the job's time in which the store's link is
   */
  public record Outcome(int executors, double seconds, double efficiency, double driver, double link) {

    /** What the job waits for most, in words. */
    String bound() {
      return link > 0.5 && link > driver ? "store" : driver > 0.5 ? "driver" : efficiency > 0.9 ? "pictures"
          : "start and end";
    }
  }

  /** @throws IllegalArgumentException if a value cannot be */
  public Scaling {
    if (rows < 1 || rowsPerTask < 1 || executorsPerHost < 1 || !(pictureSeconds > 0) || !(linkBytes > 0)
        || !(spread >= 0 && startSeconds >= 0 && loadSeconds >= 0 && taskSeconds >= 0 && modelBytes >= 0
            && pictureBytes >= 0)) {
      throw new IllegalArgumentException("a job of " + rows + " rows, " + rowsPerTask + " a task, " + pictureSeconds
          + " s a picture and " + linkBytes + " bytes/s cannot be; these are above 0, all else is at least 0");
    }
  }

  /** Simulates the job; the same executors give the same outcome. */
  public Outcome run(int executors) {
    SplittableRandom random = new SplittableRandom(executors);
    double hosts = Math.ceil((double) executors / executorsPerHost);
    double fetch = hosts * modelBytes / linkBytes; // all at once over one link
    double ready = startSeconds + fetch + loadSeconds;
    PriorityQueue<Double> free = new PriorityQueue<>();
    for (int i = 0; i < executors; i++) {
      free.add(ready);
    }
    long tasks = Math.min(rows, Math.max(executors, (rows + rowsPerTask - 1) / rowsPerTask));
    double driver = startSeconds; // when it is free
    double link = startSeconds + fetch;
    double busy = 0;
    double end = ready;
    double sigma = Math.sqrt(Math.log1p(spread * spread));
    for (long task = 0; task < tasks; task++) {
      double at = free.poll();
      driver = Math.max(driver, at) + taskSeconds;
      double now = driver;
      long pictures = rows / tasks + (task < rows % tasks ? 1 : 0);
      double made = 0;
      for (long i = 0; i < pictures; i++) {
        made += pictureSeconds * Math.exp(sigma * random.nextGaussian() - sigma * sigma / 2);
      }
      busy += made;
      now += made;
      double put = pictures * pictureBytes / linkBytes;
      link = Math.max(link, now - put) + put;
      now = Math.max(now, link);
      end = Math.max(end, now);
      free.add(now);
    }
    double all = end + startSeconds; // the manifest takes about what the plan does
    return new Outcome(executors, all, busy / (executors * all), tasks * taskSeconds / all,
        (hosts * modelBytes + rows * pictureBytes) / linkBytes / all);
  }
}
