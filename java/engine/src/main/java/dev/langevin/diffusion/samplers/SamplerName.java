package dev.langevin.diffusion.samplers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A sampler of the web UIs under its names.
 *
 * @param comfy ComfyUI's name, or null where it has none
 * @param a1111 A1111's, likewise
 * @param inComfy how ComfyUI samples; used for A1111 too where {@code inA1111} is null
 * @param inA1111 how A1111 samples in sigma, or null
 * @param walker how A1111 samples over timesteps, or null
 * @param usualSchedule A1111's schedule where none is named, or null for {@code uniform}
 * @param discards whether the last but one noise level is left out: by both UIs, by one or by none
 */
record SamplerName(String comfy, String a1111, Sampler inComfy, Sampler inA1111, Timesteps.Walker walker,
    String usualSchedule, Discards discards) {

  /** Which UI leaves out the last but one noise level. */
  enum Discards {
    NONE, COMFY, A1111, BOTH;

    boolean by(Compat compat) {
      return this == BOTH || this == COMFY && compat != Compat.A1111 || this == A1111 && compat == Compat.A1111;
    }
  }

  private static final Map<String, SamplerName> BY_KEY = new LinkedHashMap<>();
  private static final List<SamplerName> ALL = new ArrayList<>();

  static {
    both("euler", "Euler", new Euler(false), new Euler(true), null);
    comfy("euler_cfg_pp", new EulerCfgPlusPlus(false));
    both("euler_ancestral", "Euler a", new EulerAncestral(), null, null);
    comfy("euler_ancestral_cfg_pp", new EulerCfgPlusPlus(true));
    both("heun", "Heun", new Heun(false), new Heun(true), null);
    comfy("heunpp2", new HeunPlusPlus());
    add(new SamplerName("dpm_2", "DPM2", new Dpm2(false), new Dpm2(true), null, "karras", Discards.BOTH));
    add(new SamplerName("dpm_2_ancestral", "DPM2 a", new Dpm2Ancestral(), null, null, "karras", Discards.BOTH));
    both("lms", "LMS", new Lms(true), new Lms(false), null);
    both("dpm_fast", "DPM fast", new DpmFast(), null, null);
    both("dpm_adaptive", "DPM adaptive", new DpmAdaptive(), null, null);
    both("dpmpp_2s_ancestral", "DPM++ 2S a", new DpmPlusPlus2sAncestral(false), null, "karras");
    comfy("dpmpp_2s_ancestral_cfg_pp", new DpmPlusPlus2sAncestral(true));
    both("dpmpp_sde", "DPM++ SDE", new DpmPlusPlusSde(), null, "karras");
    both("dpmpp_2m", "DPM++ 2M", new DpmPlusPlus2m(false), null, "karras");
    comfy("dpmpp_2m_cfg_pp", new DpmPlusPlus2m(true));
    both("dpmpp_2m_sde", "DPM++ 2M SDE", new DpmPlusPlus2mSde("midpoint"), null, "exponential");
    both("dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun", new DpmPlusPlus2mSde("heun"), null, "exponential");
    add(new SamplerName("dpmpp_3m_sde", "DPM++ 3M SDE", new DpmPlusPlus3mSde(), null, null, "exponential",
        Discards.A1111));
    comfy("ddpm", new Ddpm());
    comfy("lcm", new Lcm());
    comfy("ipndm", new Ipndm(false));
    comfy("ipndm_v", new Ipndm(true));
    comfy("deis", new Deis());
    comfy("res_multistep", new ResMultistep(false, false));
    comfy("res_multistep_cfg_pp", new ResMultistep(false, true));
    comfy("res_multistep_ancestral", new ResMultistep(true, false));
    comfy("res_multistep_ancestral_cfg_pp", new ResMultistep(true, true));
    comfy("gradient_estimation", new GradientEstimation(false));
    comfy("gradient_estimation_cfg_pp", new GradientEstimation(true));
    comfy("er_sde", new ErSde());
    comfy("seeds_2", new Seeds(2));
    comfy("seeds_3", new Seeds(3));
    comfy("sa_solver", new SaSolver(false));
    comfy("sa_solver_pece", new SaSolver(true));
    add(new SamplerName(null, "Restart", null, new Restart(), null, "karras", Discards.NONE));
    add(new SamplerName("ddim", "DDIM", new Euler(false), null, Timesteps::ddim, null, Discards.NONE));
    add(new SamplerName(null, "DDIM CFG++", null, null, Timesteps::ddimCfgPlusPlus, null, Discards.NONE));
    add(new SamplerName(null, "PLMS", null, null, Timesteps::plms, null, Discards.NONE));
    add(new SamplerName("uni_pc", "UniPC", UniPc.ofSigmas("bh1"), null, Timesteps::uniPc, null, Discards.COMFY));
    BY_KEY.put("kdpmad", of("dpm_adaptive"));
    add(new SamplerName("uni_pc_bh2", null, UniPc.ofSigmas("bh2"), null, null, null, Discards.COMFY));
  }

  private static void both(String comfy, String a1111, Sampler inComfy, Sampler inA1111, String usualSchedule) {
    add(new SamplerName(comfy, a1111, inComfy, inA1111, null, usualSchedule, Discards.NONE));
  }

  private static void comfy(String name, Sampler sampler) {
    add(new SamplerName(name, null, sampler, null, null, null, Discards.NONE));
  }

  private static void add(SamplerName name) {
    ALL.add(name);
    for (String each : new String[] {name.comfy, name.a1111}) {
      if (each != null) {
        BY_KEY.put(key(each), name);
        BY_KEY.put("k" + key(each), name); // as k_euler_a
      }
    }
  }

  /** All of them. */
  static List<SamplerName> all() {
    return List.copyOf(ALL);
  }

  /** The sampler of this name in either spelling, or null; of a suffix for the graphics card it is the same. */
  static SamplerName of(String name) {
    String key = key(name);
    return BY_KEY.get(key.endsWith("gpu") ? key.substring(0, key.length() - 3) : key);
  }

  /** A name without case, spaces, hyphens and underscores: {@code DPM++ 2M} and {@code dpmpp_2m} are one. */
  static String key(String name) {
    return name.toLowerCase(Locale.ROOT).replace("++", "pp").replaceAll("[\\s_-]+", "");
  }

  /** The name that this program gives it, or the other's. */
  String label(Compat compat) {
    return compat == Compat.A1111 && a1111 != null || comfy == null ? a1111 : comfy;
  }

  /** Whether it is walked over A1111's timesteps there. */
  boolean overTimesteps(Compat compat) {
    return walker != null && (compat == Compat.A1111 || inComfy == null);
  }

  Sampler sampler(Compat compat) {
    return inA1111 != null && (compat == Compat.A1111 || inComfy == null) ? inA1111 : inComfy;
  }

  /** Whether it reads the unconditional prediction. */
  boolean needsUnconditional() {
    return key(label(Compat.COMFY)).endsWith("cfgpp");
  }
}
