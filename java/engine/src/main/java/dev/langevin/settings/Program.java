package dev.langevin.settings;

/** Whose settings a picture holds. */
public enum Program {
  /** This one: {@code parameters} in A1111's notation, with a version that begins with {@code langevin}. */
  LANGEVIN("Langevin"),
  /** AUTOMATIC1111's web UI and its relatives. */
  A1111("AUTOMATIC1111"),
  /** ComfyUI. */
  COMFYUI("ComfyUI"),
  /** InvokeAI. */
  INVOKEAI("InvokeAI"),
  /** NovelAI. */
  NOVELAI("NovelAI");

  private final String title;

  Program(String title) {
    this.title = title;
  }

  /** Its name for people. */
  public String title() {
    return title;
  }
}
