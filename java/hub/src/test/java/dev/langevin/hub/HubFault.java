package dev.langevin.hub;

/** What goes wrong with a file of {@link FakeHub}, once each. */
public enum HubFault {
  /** The connection ends half-way. */
  CUT,
  /** Half comes, and then nothing. */
  STALL,
  /** It comes in small pieces. */
  SLOW,
  /** Half comes, and the rest when the test lets it. */
  HELD,
  /** Bytes of the right number, but others. */
  WRONG_BYTES,
  /** One byte too many. */
  TOO_LONG,
  /** The whole file, whatever range is asked for. */
  RANGE_IGNORED,
  /** The range is refused. */
  RANGE_REFUSED(416, "X-Fault: range"),
  /** 503. */
  UNAVAILABLE(503, "X-Fault: unavailable"),
  /** 429, with a number of seconds to wait. */
  RATE_LIMITED(429, "Retry-After: " + HubFault.RETRY_AFTER),
  /** 429, with an hour to wait. */
  RATE_LIMITED_LONG(429, "Retry-After: 3600"),
  /** To itself. */
  REDIRECT_LOOP(307, "Location: %s"),
  /** 401 with a challenge, as whoever wants a token sends it. */
  ASKS_FOR_TOKEN(401, "WWW-Authenticate: Bearer realm=\"here\""),
  /** To an address that is none. */
  REDIRECT_NOWHERE(302, "Location: ftp://nowhere/file");

  /** Wait of {@link #RATE_LIMITED} in seconds. */
  public static final int RETRY_AFTER = 7;

  private final int status;
  private final String header;

  HubFault() {
    this(0, null);
  }

  HubFault(int status, String header) {
    this.status = status;
    this.header = header;
  }

  /** Of the answer that it is in the place of the file's bytes; 0 if it is one of the bytes. */
  int status() {
    return status;
  }

  /** The answer's, where it has a status. @param self the address that was asked for */
  String header(String self) {
    return String.format(header, self);
  }
}
