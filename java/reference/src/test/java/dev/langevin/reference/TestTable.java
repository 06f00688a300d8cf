package dev.langevin.reference;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes on a machine without Maven, and writes a table of what became of each test: {@code TestTable FILE
 * CLASS...}. Ends with 1 where one failed or none passed.
 */
public final class TestTable implements TestExecutionListener {

  private static final int LONGEST_REASON = 300;

  private final List<String> lines = new ArrayList<>(List.of("test,outcome,seconds,reason"));
  private final Map<String, Integer> outcomes = new HashMap<>();
  private final Map<TestIdentifier, Long> begun = new HashMap<>();

  public static void main(String[] arguments) throws IOException {
    LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
        .selectors(Arrays.stream(arguments).skip(1).map(name -> selectClass(name)).toList()).build();
    TestTable table = new TestTable();
    LauncherFactory.create().execute(request, table);
    Files.write(Path.of(arguments[0]), table.lines);
    System.out.println(table.count("passed") + " passed, " + table.count("failed") + " failed, "
        + table.count("skipped") + " skipped");
    System.exit(table.count("failed") > 0 || table.count("passed") == 0 ? 1 : 0);
  }

  private int count(String outcome) {
    return outcomes.getOrDefault(outcome, 0);
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    begun.put(test, System.nanoTime());
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    add(test, "skipped", reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    String reason = result.getThrowable().map(Throwable::toString).orElse("");
    switch (result.getStatus()) {
      case FAILED -> add(test, "failed", reason); // a container, too: what is below it has not run
      case ABORTED -> add(test, "skipped", reason);
      case SUCCESSFUL -> {
        if (test.isTest()) {
          add(test, "passed", "");
        }
      }
    }
  }

  private void add(TestIdentifier test, String outcome, String reason) {
    outcomes.merge(outcome, 1, Integer::sum);
    double seconds = (System.nanoTime() - begun.getOrDefault(test, System.nanoTime())) * 1e-9;
    lines.add(String.format(Locale.ROOT, "%s,%s,%.3f,%s", quoted(test.getDisplayName()), outcome, seconds,
        quoted(reason.substring(0, Math.min(LONGEST_REASON, reason.length())))));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\"", "\"\"").replaceAll("\\s+", " ") + '"';
  }
}
