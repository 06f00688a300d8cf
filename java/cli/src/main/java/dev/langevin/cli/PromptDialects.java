package dev.langevin.cli;

import dev.langevin.settings.Program;

/** Where other programs read a prompt otherwise than web UIs' syntax, which is the usual one here. */
final class PromptDialects {

  private PromptDialects() {}

  /** What of a prompt would be read otherwise; null where nothing would. */
  static String difference(Program program, String prompts) {
    return switch (program) {
      case LANGEVIN, A1111 -> null;
      case COMFYUI -> prompts.matches("(?s).*([\\[\\]]|\\bBREAK\\b).*")
          ? "has [ ] or BREAK in its prompts, which ComfyUI takes for plain text; escape them in a PROMPT of your own"
          : null;
      case INVOKEAI -> prompts.matches("(?s).*([()\\[\\]]|\\w(\\+\\+|--)).*")
          ? "has brackets in its prompts, which InvokeAI reads otherwise; give PROMPT in web UIs' syntax, or"
              + " --plain-prompt"
          : null;
      case NOVELAI -> prompts.matches("(?s).*[(){}\\[\\]].*")
          ? "has brackets in its prompts, which NovelAI reads otherwise; give PROMPT in web UIs' syntax, or"
              + " --plain-prompt"
          : null;
    };
  }
}
