package dev.langevin.hub;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long a server asks to be left alone. */
final class RetryAfter {

  /** {@code RateLimit: "api";r=0;t=55}: of what, how many requests are left, how many seconds until there are more. */
  private static final Pattern RATE_LIMIT = Pattern.compile(".*\\br=0\\s*;\\s*t=(\\d{1,9})\\b.*");

  private RetryAfter() {}

  /** {@code Retry-After}, in seconds or as a date (RFC 9110, 10.2.3), else {@code RateLimit}; or null for neither. */
  static Duration of(HttpHeaders headers) {
    String after = headers.firstValue("Retry-After").orElse("").strip();
    if (after.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(after));
    }
    try {
      Duration left = Duration.between(Instant.now(),
          ZonedDateTime.parse(after, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      return left.isNegative() ? Duration.ZERO : left;
    } catch (DateTimeException e) {
      Matcher limit = RATE_LIMIT.matcher(headers.firstValue("RateLimit").orElse(""));
      return limit.matches() ? Duration.ofSeconds(Long.parseLong(limit.group(1))) : null;
    }
  }
}
