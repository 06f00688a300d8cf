package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.time.Duration;

/** What an answer without a success means, in one sentence: the hub says it in the header {@code X-Error-Code}. */
final class Refusal {

  private static final int MOST_LETTERS = 200;

  private Refusal() {}

  /** @param asked how long the server asks to be left alone, or null */
  static HubException of(HubConnection.Answer answer, HubSettings settings, ModelReference subject, Duration asked) {
    int status = answer.response().statusCode();
    String code = String.valueOf(answer.header("X-Error-Code"));
    String said = said(answer.header("X-Error-Message"));
    String repository = subject.repository();
    String page = settings.endpoint() + "/" + repository;
    boolean named = settings.token() != null;
    if (status == 401 && named && said.contains("Invalid credentials")) {
      return new HubException(Reason.FORBIDDEN, settings.endpoint().getHost()
          + " does not know the token (HF_TOKEN, or the file token in HF_HOME); make a new one at "
          + settings.endpoint() + "/settings/tokens, or take it away for public models");
    }
    if (code.equals("GatedRepo")) {
      return new HubException(Reason.GATED, repository + " is gated: "
          + (named ? "the token's user has not accepted its terms; accept them at " + page
              : "accept its terms at " + page + ", and give your token with HF_TOKEN"));
    }
    if (code.equals("RevisionNotFound")) {
      return new HubException(Reason.MISSING,
          repository + " has no revision '" + subject.revision() + "'; its branches and tags are at " + page
              + "/tree/main");
    }
    if (code.equals("EntryNotFound")) {
      return new HubException(Reason.MISSING, repository + " has no file " + answer.response().uri().getPath());
    }
    if (code.equals("RepoNotFound") || status == 404 || status == 401) {
      return new HubException(Reason.MISSING,
          settings.endpoint().getHost() + " has no model " + repository + (named ? " that the token may read"
              : " that everybody may read; if it is a private one, give your token with HF_TOKEN"));
    }
    if (status == 403) {
      return new HubException(Reason.FORBIDDEN,
          settings.endpoint().getHost() + " forbids reading " + repository + (said.isEmpty() ? "" : ": " + said)
              + "; does the token have that right?");
    }
    if (status == 429) {
      return new HubException(Reason.RATE_LIMITED,
          settings.endpoint().getHost() + " has had too many requests from here"
              + (asked == null ? "" : ", and asks to wait " + asked.toSeconds() + " s") + "; try again later"
              + (named ? "" : ", or give a token with HF_TOKEN, whose limit is higher"));
    }
    if (status == 407) {
      return new HubException(Reason.FORBIDDEN, "the proxy asks for a name and a password; write them into HTTPS_PROXY"
          + " (http://NAME:PASSWORD@HOST:PORT), and set JDK_JAVA_OPTIONS=-Djdk.http.auth.tunneling.disabledSchemes=,"
          + " as the JDK sends none to it otherwise");
    }
    return new HubException(Reason.SERVER, answer.response().uri().getHost() + " answers " + status
        + (said.isEmpty() ? "" : " (" + said + ")")
        + (status >= 500 ? "; try again later" : ", which is not the hub's interface; does HF_ENDPOINT name a hub?"));
  }

  /** A server's words, on a line and not without end. */
  private static String said(String header) {
    String text = header == null ? "" : header.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return text.length() > MOST_LETTERS ? text.substring(0, MOST_LETTERS) + "..." : text;
  }
}
