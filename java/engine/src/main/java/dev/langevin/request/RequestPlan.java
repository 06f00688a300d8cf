package dev.langevin.request;

import dev.langevin.plan.PlanSize;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Memory that a request takes, known before it starts.
 *
 * @param networks what each network's plan holds, by its component's name
 * @param stages the stage that each network belongs to
 * @param pictures bytes of samples, noise and pictures beside the networks
 * @param inTurn whether networks are freed when their stage is done, because all do not fit at a time; the next request
 *   reads their weights anew
 */
public record RequestPlan(Map<String, PlanSize> networks, Map<String, String> stages, long pictures, boolean inTurn) {

  /** A copy of the lists and maps. */
  public RequestPlan {
    networks = Collections.unmodifiableMap(new LinkedHashMap<>(networks));
    stages = Map.copyOf(stages);
  }

  /** Most memory that the request's networks and pictures hold at a time, in bytes. */
  public long peakBytes() {
    Function<String, String> together = inTurn ? stages::get : network -> "all";
    return pictures + networks.entrySet().stream()
        .collect(Collectors.groupingBy(entry -> together.apply(entry.getKey()),
            Collectors.summingLong(entry -> entry.getValue().bytes())))
        .values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    networks.forEach((name, size) -> text.append(name).append(' ').append(size.bytes()).append(", "));
    return peakBytes() + " bytes (" + text + "pictures " + pictures + (inTurn ? "; one network at a time)" : ")");
  }
}
