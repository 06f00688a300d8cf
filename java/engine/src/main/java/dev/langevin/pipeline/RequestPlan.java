package dev.langevin.pipeline;

import dev.langevin.plan.PlanSize;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Memory that a request takes, known before it starts.
 *
 * @param networks what each network's plan holds, by its component's name
 * @param pictures bytes of samples, noise and pictures beside the networks
 */
public record RequestPlan(Map<String, PlanSize> networks, long pictures) {

  public RequestPlan {
    networks = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(networks));
  }

  /** Most memory that the request's networks and pictures hold at a time, in bytes; the plans are kept for the next request. */
  public long peakBytes() {
    return pictures + networks.values().stream().mapToLong(PlanSize::bytes).sum();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    networks.forEach((name, size) -> text.append(name).append(' ').append(size.bytes()).append(", "));
    return peakBytes() + " bytes (" + text + "pictures " + pictures + ")";
  }
}
