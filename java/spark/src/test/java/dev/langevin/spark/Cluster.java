package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Spark's own master and two workers of one core each, as processes of this machine that end with it. */
final class Cluster implements AutoCloseable {

  static final int WORKERS = 2;

  private static final String HOST = "127.0.0.1";

  /** Of processes that live for seconds: what they compute, the kernels do. */
  private static final List<String> JVM = List.of("-Xmx600m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private static final Duration PATIENCE = Duration.ofMinutes(4); // on a machine that does much else

  private final Path folder;
  private final List<Process> workers = new ArrayList<>();
  private final Process master;
  private final String url;
  private int drivers;

  Cluster(Path folder) throws IOException, InterruptedException {
    this(folder, WORKERS);
  }

  Cluster(Path folder, int count) throws IOException, InterruptedException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("home/jars")); // everything is on the executors' extra class path
    int port = freePort();
    url = "spark://" + HOST + ":" + port;
    master = start("master", JVM, "org.apache.spark.deploy.master.Master", "--host", HOST, "--port",
        Integer.toString(port), "--webui-port", Integer.toString(freePort()));
    try {
      waitFor(port);
      for (int i = 0; i < count; i++) {
        workers.add(start("worker-" + i, JVM, "org.apache.spark.deploy.worker.Worker", "--host", HOST,
            "--webui-port", Integer.toString(freePort()), "--cores", "1", "--memory", "700M", "--work-dir",
            folder.resolve("work-" + i).toString(), url));
      }
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      return socket.getLocalPort();
    }
  }

  private void waitFor(int port) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (Socket socket = new Socket(HOST, port)) {
        assertThat(socket.isConnected()).isTrue();
        return;
      } catch (IOException e) {
        assertThat(master.isAlive()).as(log("master")).isTrue();
        assertThat(System.nanoTime()).as("the master does not listen: " + log("master")).isLessThan(end);
        Thread.sleep(100);
      }
    }
  }

  private Process start(String name, List<String> options, String mainClass, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Processes.java()));
    command.addAll(options);
    command.addAll(Processes.opens());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("SPARK_HOME", folder.resolve("home").toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", HOST);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder.start();
  }

  String log(String name) throws IOException {
    Path file = folder.resolve(name + ".log");
    return Files.exists(file) ? Files.readString(file) : "";
  }

  /** Starts a driver, {@code langevin bulk} with these arguments; its name is that of its log. */
  Driver drive(String... arguments) throws IOException {
    String name = "driver-" + drivers++;
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--master", url, "--conf",
        "spark.executor.extraClassPath=" + System.getProperty("java.class.path"),
        "--conf", "spark.executor.memory=600m", "--conf", "spark.executor.cores=1", "--conf",
        "spark.executor.extraJavaOptions=--enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1"
            + " -XX:+UseSerialGC -Dlog4j2.configurationFile=org/apache/spark/log4j2-defaults.properties",
        "--conf", "spark.driver.host=" + HOST,
        "--conf", "spark.driver.bindAddress=" + HOST, "--conf", "spark.ui.enabled=false", "--conf",
        "spark.scheduler.minRegisteredResourcesRatio=1", "--conf",
        "spark.scheduler.maxRegisteredResourcesWaitingTime=120s"));
    return new Driver(start(name, JVM, Bulk.class.getName(), all.toArray(String[]::new)), name);
  }

  /** A driver's process. */
  final class Driver {
    private final Process process;
    private final String name;

    Driver(Process process, String name) {
      this.process = process;
      this.name = name;
    }

    /** What it has computed so far, of all its threads. */
    double cpuSeconds() {
      return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() * 1e-9;
    }

    boolean isAlive() {
      return process.isAlive();
    }

    /** As kill -9 does. */
    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }

    /** Waits for it to end well, and answers with what it said. */
    String done() throws IOException, InterruptedException {
      assertThat(process.waitFor(9, TimeUnit.MINUTES)).as(log(name)).isTrue();
      assertThat(process.exitValue()).as(log(name)).isZero();
      return log(name);
    }
  }

  /** Executors that run. */
  List<ProcessHandle> executors() {
    return workers.stream().flatMap(worker -> worker.descendants()).filter(ProcessHandle::isAlive).toList();
  }

  /** How many executors' logs hold a text. */
  long executorsThatSaid(String text) throws IOException {
    long said = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(each -> each.endsWith("stderr")).toList()) {
        said += Files.readString(file).contains(text) ? 1 : 0;
      }
    }
    return said;
  }

  @Override
  public void close() {
    List<ProcessHandle> executors = executors();
    workers.forEach(Process::destroy);
    master.destroy();
    executors.forEach(ProcessHandle::destroyForcibly);
  }
}
