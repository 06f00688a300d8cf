package dev.langevin.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * AUTOMATIC1111's prompt editing: {@code [from:to:when]}, {@code [to:when]}, {@code [from::when]} and the alternation
 * {@code [a|b]}, nested at will. A {@code when} with a point is a share of the steps, one without a step. What does not
 * fit the notation is text; where a {@code |} stands outside an alternation, or a backslash at the end, all of it is.
 */
public final class PromptSchedule {

  /**
   * What the prompt is up to a step.
   *
   * @param last step of it, from 1 on
   */
  public record Row(int last, String text) {}

  /**
   * What moments count from.
   *
   * @param steps of the chain, at least 1
   * @param stepsBefore steps of the pass before, for the second pass of a picture that was enlarged; else 0
   * @param second whether it is that pass: shares are then counted from 1
   * @param old whether a number below 1 is a share with or without a point, as before 2023
   */
  public record Moments(int steps, int stepsBefore, boolean second, boolean old) {

    /** Of a chain that stands alone. */
    public static Moments of(int steps) {
      return new Moments(steps, 0, false, false);
    }

    int step(String when) {
      double number = Double.parseDouble(when);
      if (old) {
        number = number < 1 ? number * steps : number;
      } else if (when.indexOf('.') >= 0) {
        number = (number - (second ? 1 : 0)) * steps;
      } else {
        number -= stepsBefore;
      }
      return (int) Math.min(steps, (long) number);
    }
  }

  private static final Pattern WHEN =
      Pattern.compile("\\s*([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\\s*\\]");

  /** A node of the prompt: text alone, or a choice between runs of nodes. */
  private record Node(String text, String when, List<List<Node>> choices) {

    boolean edits() {
      return when != null;
    }
  }

  /**
   * A bracket that was read.
   *
   * @param end after it
   */
  private record Group(List<Node> nodes, int end) {}

  private final String prompt;
  private final Map<Integer, Group> groups = new HashMap<>(); // by the place of the bracket that opens it
  private int at;

  private PromptSchedule(String prompt) {
    this.prompt = prompt;
  }

  /**
   * The prompt's texts in order; the last one's last step is the number of steps. Takes time in proportion to the
   * prompt's length, and to the number of steps where words alternate.
   */
  public static List<Row> rows(String prompt, Moments moments) {
    if (prompt.indexOf('[') < 0) {
      return List.of(new Row(moments.steps, prompt));
    }
    List<Node> nodes = new PromptSchedule(prompt).read();
    if (nodes == null) {
      return List.of(new Row(moments.steps, prompt));
    }
    TreeSet<Integer> ends = new TreeSet<>(List.of(moments.steps));
    collect(nodes, moments, ends);
    List<Row> rows = new ArrayList<>();
    for (int end : ends) {
      rows.add(new Row(end, text(nodes, end, moments)));
    }
    return rows;
  }

  /** The row that the sampler uses at a call, from 0 on: the first that does not end before it. */
  public static Row at(List<Row> rows, int call) {
    return rows.stream().filter(row -> call <= row.last).findFirst().orElse(rows.getFirst());
  }

  /** All nodes, or null where the notation cannot be read. */
  private List<Node> read() {
    for (int i = prompt.length() - 1; i >= 0; i--) { // a bracket is made of those behind it
      if (prompt.charAt(i) == '[' || prompt.charAt(i) == '(') {
        Group group = prompt.charAt(i) == '[' ? square(i) : round(i);
        if (group != null) {
          groups.put(i, group);
        }
      }
    }
    List<Node> nodes = new ArrayList<>();
    at = 0;
    while (true) {
      run(nodes);
      if (at == prompt.length()) {
        return nodes;
      }
      if ("[]():".indexOf(prompt.charAt(at)) < 0) {
        return null;
      }
      nodes.add(letter(at++));
    }
  }

  private Node letter(int index) {
    return new Node(prompt.substring(index, index + 1), null, List.of());
  }

  /** Reads text and whole brackets from {@link #at} on, as far as there are any. */
  private List<Node> run(List<Node> nodes) {
    while (at < prompt.length()) {
      Group group = groups.get(at);
      if (group != null) {
        nodes.addAll(group.nodes);
        at = group.end;
      } else {
        int end = plainEnd(at);
        if (end == at) {
          break;
        }
        nodes.add(new Node(prompt.substring(at, end), null, List.of()));
        at = end;
      }
    }
    return nodes;
  }

  /** The end of the text from a place on that has no notation; a backslash takes the letter behind it along. */
  private int plainEnd(int from) {
    int end = from;
    while (end < prompt.length() && "[]():|".indexOf(prompt.charAt(end)) < 0) {
      boolean escape = prompt.charAt(end) == '\\';
      if (escape && (end + 1 == prompt.length() || prompt.charAt(end + 1) == '\n')) {
        break;
      }
      end += escape ? 2 : 1;
    }
    return end;
  }

  private boolean next(char c) {
    if (at < prompt.length() && prompt.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private Group round(int open) {
    at = open + 1;
    List<Node> nodes = new ArrayList<>(List.of(letter(open)));
    run(nodes);
    if (next(':')) {
      nodes.add(letter(at - 1));
      run(nodes);
    }
    if (!next(')')) {
      return null;
    }
    nodes.add(letter(at - 1));
    return new Group(List.of(new Node(null, null, List.of(nodes))), at);
  }

  private Group square(int open) {
    at = open + 1;
    List<Node> first = run(new ArrayList<>());
    if (next(']')) {
      List<Node> nodes = new ArrayList<>(List.of(letter(open)));
      nodes.addAll(first);
      nodes.add(letter(at - 1));
      return new Group(List.of(new Node(null, null, List.of(nodes))), at);
    }
    if (next(':')) {
      Group added = scheduled(List.of(), first);
      if (added != null) {
        return added;
      }
      List<Node> second = run(new ArrayList<>());
      return next(':') ? scheduled(first, second) : null;
    }
    List<List<Node>> choices = new ArrayList<>(List.of(first));
    while (next('|')) {
      choices.add(run(new ArrayList<>()));
    }
    return choices.size() > 1 && next(']') ? new Group(List.of(new Node(null, null, choices)), at) : null;
  }

  private Group scheduled(List<Node> before, List<Node> after) {
    Matcher when = WHEN.matcher(prompt).region(at, prompt.length());
    return when.lookingAt()
        ? new Group(List.of(new Node(null, when.group(1), List.of(before, after))), when.end())
        : null;
  }

  private static void collect(List<Node> nodes, Moments moments, TreeSet<Integer> ends) {
    Deque<Iterator<Node>> open = new ArrayDeque<>(List.of(nodes.iterator()));
    boolean alternates = false;
    while (!open.isEmpty()) {
      if (!open.peek().hasNext()) {
        open.pop();
        continue;
      }
      Node node = open.peek().next();
      if (node.edits() && moments.step(node.when) >= 1) {
        ends.add(moments.step(node.when));
      }
      alternates |= !node.edits() && node.choices.size() > 1;
      node.choices.forEach(choice -> open.push(choice.iterator()));
    }
    for (int step = 1; alternates && step <= moments.steps; step++) {
      ends.add(step);
    }
  }

  private static String text(List<Node> nodes, int step, Moments moments) {
    StringBuilder text = new StringBuilder();
    Deque<Iterator<Node>> open = new ArrayDeque<>(List.of(nodes.iterator()));
    while (!open.isEmpty()) {
      if (!open.peek().hasNext()) {
        open.pop();
        continue;
      }
      Node node = open.peek().next();
      if (node.text != null) {
        text.append(node.text);
      } else {
        int chosen = node.edits() ? step <= moments.step(node.when) ? 0 : 1 : (step - 1) % node.choices.size();
        open.push(node.choices.get(chosen).iterator());
      }
    }
    return text.toString();
  }
}
