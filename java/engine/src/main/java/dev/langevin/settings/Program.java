package dev.langevin.settings;

/** Whose settings a picture holds. */
public enum Program {
  LANGEVIN("Langevin"), A1111("AUTOMATIC1111"), COMFYUI("ComfyUI"), INVOKEAI("InvokeAI"), NOVELAI("NovelAI");

  private final String title;

  Program(String title) {
    this.title = title;
  }

  /** Its name for people. */
  public String title() {
    return title;
  }
}
