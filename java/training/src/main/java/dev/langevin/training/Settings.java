package dev.langevin.training;

import static dev.langevin.training.Setting.NONE;
import static dev.langevin.training.Setting.REQUIRED;
import static dev.langevin.training.SettingType.above;
import static dev.langevin.training.SettingType.atLeast;
import static dev.langevin.training.SettingType.colour;
import static dev.langevin.training.SettingType.decay;
import static dev.langevin.training.SettingType.flag;
import static dev.langevin.training.SettingType.number;
import static dev.langevin.training.SettingType.path;
import static dev.langevin.training.SettingType.text;
import static dev.langevin.training.SettingType.texts;
import static dev.langevin.training.SettingType.whole;
import static dev.langevin.training.SettingType.word;

import dev.langevin.training.TrainingConfig.Kind;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Every key of a run's file: its type, range and default. The tables of docs/training.md are made of it. */
final class Settings {

  private static final Set<Kind> ALL = EnumSet.allOf(Kind.class);
  private static final Set<Kind> DIFFUSION =
      EnumSet.of(Kind.pixels, Kind.latents, Kind.lora, Kind.textual_inversion, Kind.prior, Kind.decoder,
          Kind.super_resolution);
  private static final Set<Kind> TEXTS = EnumSet.of(Kind.latents, Kind.lora, Kind.prior, Kind.decoder);
  private static final Set<Kind> LATENT = EnumSet.of(Kind.latents, Kind.lora);
  private static final Set<Kind> SAMPLED =
      EnumSet.of(Kind.pixels, Kind.latents, Kind.lora, Kind.textual_inversion, Kind.super_resolution);
  private static final Set<Kind> PROMPTED =
      EnumSet.of(Kind.latents, Kind.lora, Kind.textual_inversion, Kind.super_resolution);
  private static final Set<Kind> UNCLIP = EnumSet.of(Kind.prior, Kind.decoder, Kind.super_resolution);

  private static final long MANY = Integer.MAX_VALUE;

  /** At a hundred a second, four months. */
  private static final long MOST_STEPS = 1_000_000_000;

  private static final List<Setting> RUN = List.of(
      key("task", word(Arrays.stream(Kind.values()).map(Kind::name).toArray(String[]::new)), REQUIRED, ALL,
          "What is trained."),
      key("output", path(), REQUIRED, ALL, "Folder of checkpoints, samples, log and model."),
      key("seed", whole(Long.MIN_VALUE, Long.MAX_VALUE), "0", ALL, "Of weights, batches and noise."),
      key("init", path(), NONE,
          EnumSet.of(Kind.pixels, Kind.latents, Kind.lora, Kind.textual_inversion, Kind.autoencoder,
              Kind.super_resolution),
          "A model's folder to begin with; new weights otherwise."),
      key("memory", whole(1, Long.MAX_VALUE), "no limit", ALL,
          "Most bytes of activations; what does not fit is computed twice."),
      key("instance_prompt", text(), NONE, EnumSet.of(Kind.latents, Kind.lora),
          "Caption of pictures that have none, such as a photo of sks dog."),
      key("log", word("csv", "tensorboard"), "csv", ALL,
          "log.csv alone, or beside it event files that TensorBoard reads."));

  private static final List<Setting> DATA = List.of(
      key("data.format", word("images", "idx", "cifar"), REQUIRED, ALL,
          "A folder of pictures, or a folder of files as MNIST or CIFAR has them."),
      key("data.path", path(), REQUIRED, ALL, "The folder."),
      key("data.split", text(), "train, where there are splits", ALL,
          "The part that is read: train, test or validation."
              + " A folder may use any name of these that Hugging Face's imagefolder knows."),
      key("data.size", whole(1, 2048), REQUIRED, ALL, "Side of what the network sees, in pixels."),
      key("data.channels", word("1", "3"), REQUIRED, ALL, "1 grey, 3 red, green, blue."),
      key("data.fit", word("cover", "crop", "contain", "stretch"), "cover", ALL,
          "How a picture larger than size is brought to it: made smaller until it just covers it, then cropped; cropped"
              + " alone; made smaller until it fits within, the rest background; or both sides alone."),
      key("data.resize", whole(1, 16384), NONE, ALL,
          "Length that the shorter side gets first, larger or smaller, before the crop; in the place of fit."),
      key("data.random_crop", flag(), "false", ALL, "Whether the part that is seen is drawn, or is the middle."),
      key("data.pad", flag(), "false", ALL, "Whether pictures smaller than size are padded with the background."),
      key("data.flip", number(0, 1), "0", ALL, "Share of pictures that are mirrored left to right."),
      key("data.shift", whole(0, 2047), "0", ALL, "Most pixels by which a picture is moved; less than size."),
      key("data.background", colour(), "\"ffffff\"", ALL, "Behind transparent pixels, padding and moved pictures."),
      key("data.strict", flag(), "false", ALL,
          "Whether a picture that cannot be read ends the run at its start; it is left out and listed otherwise."),
      key("data.incomplete", word("refuse", "leave_out"), "refuse", ALL,
          "What becomes of pictures without the label or caption that the run needs."),
      key("data.caption_column", text(), "text, caption or prompt", ALL,
          "The column of the metadata that holds captions."),
      key("data.balance", flag(), "false", ALL, "Whether pictures of rare classes are shown more often."),
      key("data.variants", whole(1, 1000), "1", with(TEXTS, Kind.textual_inversion),
          "Versions of each picture, of other crops and mirrorings, that are encoded once at the start."),
      key("data.buckets", flag(), "false", LATENT,
          "Whether pictures keep their proportions: each is resized, larger or smaller, until it covers the size"
              + " nearest to its own ratio of width to height, and a batch has one size."),
      key("data.bucket_step", whole(8, 2048), "64", LATENT, "Both sides of a bucket are multiples of it."),
      key("data.bucket_shortest", whole(8, 2048), "half of size", LATENT, "Least side of a bucket."),
      key("data.bucket_longest", whole(8, 8192), "twice size", LATENT, "Greatest side of a bucket."),
      key("data.masks", path(), NONE, LATENT,
          "Folder of pictures that are white where a picture of the same name is to be learned, black where not; the"
              + " loss is multiplied by them, at the size of the latents. The class's pictures count in full."),
      key("data.alpha_mask", flag(), "false", LATENT, "Whether the pictures' own alpha is their mask."));

  private static final List<Setting> MODEL = List.of(
      network("model.unet", NetworkKeys.UNET2D, EnumSet.of(Kind.pixels, Kind.super_resolution), "The U-Net."),
      network("model.unet", NetworkKeys.UNET_CONDITION, EnumSet.of(Kind.latents, Kind.decoder),
          "The U-Net; that of init where it is left out."),
      network("model.scheduler", NetworkKeys.SCHEDULER, EnumSet.complementOf(EnumSet.of(Kind.lora,
          Kind.textual_inversion, Kind.autoencoder, Kind.clip, Kind.classifier)),
          "The chain of noise levels and what is predicted; a latents run with init has"
              + " its scheduler where it is left out."),
      network("model.vae", NetworkKeys.AUTOENCODER, EnumSet.of(Kind.autoencoder), "The autoencoder."),
      key("model.vae_folder", path(), "that of init", EnumSet.of(Kind.latents),
          "Folder of a trained autoencoder, or of a model with one."),
      network("model.text_encoder", NetworkKeys.CLIP, EnumSet.of(Kind.latents, Kind.clip),
          "The text encoder; that of init where it is left out."),
      key("model.tokenizer", path(), "that of init", EnumSet.of(Kind.latents, Kind.clip),
          "Folder of vocab.json and merges.txt."),
      key("model.train_text_encoder", flag(), "false", EnumSet.of(Kind.latents, Kind.lora),
          "Whether the text encoder learns too, XL's both, in a lora run by updates of the attention; else it stays as"
              + " init has it."),
      key("model.grow", flag(), "false", EnumSet.of(Kind.latents),
          "Whether model.unet may be larger than that of init: what init has by name and shape is taken over, the rest"
              + " is new."),
      network("model.classifier", NetworkKeys.CLASSIFIER, EnumSet.of(Kind.classifier),
          "channels: of each pair of convolutions, multiples of 8; [32, 64, 128] where it is left out."),
      key("model.lora.rank", whole(1, 4096), REQUIRED, EnumSet.of(Kind.lora), "Rows of A, columns of B."),
      key("model.lora.alpha", above(0), "the rank", EnumSet.of(Kind.lora), "The update is alpha / rank times B A."),
      key("model.lora.format", word("diffusers", "kohya"), "diffusers", EnumSet.of(Kind.lora),
          "Notation of the file that is written."),
      key("model.lora.targets", texts(), "[to_q, to_k, to_v, to_out.0]", EnumSet.of(Kind.lora),
          "Names of layers that get an update, or their last parts, as peft has them."),
      key("model.lora.dropout", decay(), "0", EnumSet.of(Kind.lora),
          "Probability with which an element is zero in what A sees, each step anew, as peft's lora_dropout has it."),
      network("model.image_encoder", NetworkKeys.CLIP, EnumSet.of(Kind.clip), "The encoder of pictures."),
      key("model.parts", path(), NONE, UNCLIP, "Folder of an unCLIP model whose parts the new model takes over."),
      network("model.prior", NetworkKeys.PRIOR, EnumSet.of(Kind.prior), "unCLIP's prior."),
      network("model.text_proj", NetworkKeys.TEXT_PROJECTION, EnumSet.of(Kind.decoder),
          "What turns embeddings into the decoder's context."),
      key("model.last", flag(), "false", EnumSet.of(Kind.super_resolution),
          "Whether the network is that of the sampler's last step, which sees little noise."),
      key("model.small_size", whole(1, 2048), REQUIRED, EnumSet.of(Kind.super_resolution),
          "Side of the pictures that are enlarged."));

  private static final List<Setting> OBJECTIVE = List.of(
      key("objective.loss", word("mse", "l1", "huber"), "mse", with(DIFFUSION, Kind.autoencoder),
          "Distance of a prediction from its target."),
      key("objective.huber_delta", above(0), "1", with(DIFFUSION, Kind.autoencoder),
          "Where huber goes over from squares to absolute values."),
      key("objective.snr_gamma", above(0), NONE, DIFFUSION, "min-SNR weights (arXiv:2303.09556); 5 is usual."),
      key("objective.offset_noise", number(0, 10), "0", DIFFUSION,
          "Deviation of a normal that is added to all pixels of a channel alike."),
      key("objective.condition_dropout", number(0, 1), "0", with(TEXTS, Kind.pixels),
          "Share of samples that are shown no caption or class, for guidance."),
      key("objective.variance_factor", above(0), NONE, DIFFUSION,
          "Of the variational bound; goes with the scheduler's variance_type learned_range."),
      key("objective.divergence_factor", atLeast(0), "1e-6", EnumSet.of(Kind.autoencoder),
          "Of the latents' divergence from unit normals."),
      key("objective.text_dropout", number(0, 1), "0", EnumSet.of(Kind.decoder),
          "Share of samples that are shown an image embedding and no text."),
      key("objective.corruption", number(0, 10), "0", EnumSet.of(Kind.super_resolution),
          "Most deviation of the noise that is added to the small picture."));

  private static final List<Setting> STEPS = List.of(
      key("steps.batch_size", whole(1, 65536), REQUIRED, ALL, "Pictures of a batch."),
      key("steps.accumulate", whole(1, 65536), "1", ALL, "Batches for one step."),
      key("steps.count", whole(1, MOST_STEPS), REQUIRED, ALL, "Steps of the whole run; may be raised to go on."),
      key("steps.learning_rate", above(0), REQUIRED, ALL, "Of AdamW, after the warm-up."),
      key("steps.warmup", whole(0, Long.MAX_VALUE), "0", ALL, "Steps over which the rate rises from 0."),
      key("steps.floor", number(0, 1), "the rate stays", ALL,
          "Part of the rate that is left at the end of a cosine from the warm-up to count."),
      key("steps.beta1", decay(), "0.9", ALL, "Of AdamW."),
      key("steps.beta2", decay(), "0.999", ALL, "Of AdamW."),
      key("steps.epsilon", above(0), "1e-8", ALL, "Of AdamW."),
      key("steps.weight_decay", atLeast(0), "0.01", ALL, "Of AdamW."),
      key("steps.clip_grad_norm", above(0), NONE, ALL, "Most Euclidean norm of a gradient."),
      key("steps.ema_decay", decay(), NONE, ALL, "Of the average of the weights that is saved as the model."),
      key("steps.checkpoint_every", whole(1, Long.MAX_VALUE), "500", ALL, "Steps between checkpoints."),
      key("steps.keep", whole(1, MANY), "2", ALL, "How many of the newest checkpoints stay."));

  private static final List<Setting> SAMPLES = List.of(
      key("samples.every", whole(1, Long.MAX_VALUE), REQUIRED, SAMPLED, "Steps between grids of samples."),
      key("samples.count", whole(1, 4096), REQUIRED, SAMPLED, "Pictures of a grid."),
      key("samples.prompts", texts(), "captions of the batch", PROMPTED, "Used in turn."),
      key("samples.steps", whole(1, 100_000), "20, pixels 50, super_resolution 25", SAMPLED, "Of the sampler."),
      key("samples.guidance", atLeast(0), "3, super_resolution 4", PROMPTED, "Of classifier-free guidance."),
      key("samples.sampler", text(), "the model's",
          EnumSet.of(Kind.pixels, Kind.latents, Kind.lora, Kind.textual_inversion),
          "A sampler's name, as langevin generate has them."));

  private static final Set<Kind> PRESERVED = EnumSet.of(Kind.latents, Kind.lora);

  private static final List<Setting> PRIOR_PRESERVATION = List.of(
      key("prior_preservation.prompt", text(), REQUIRED, PRESERVED,
          "Caption of the class's pictures, such as a photo of a dog."),
      key("prior_preservation.path", path(), "class-pictures in output", PRESERVED,
          "Folder of the class's pictures; those that are missing are made by init, and kept."),
      key("prior_preservation.count", whole(1, 1_000_000), "100, or those that somebody put there", PRESERVED,
          "Pictures of the class that there are to be; more than these are used too."),
      key("prior_preservation.weight", atLeast(0), "1", PRESERVED,
          "Of the class's loss, which is added to the batch's."),
      key("prior_preservation.steps", whole(1, 100_000), "50", PRESERVED, "Of the sampler that makes pictures."),
      key("prior_preservation.guidance", atLeast(0), "7.5", PRESERVED, "Of classifier-free guidance in making them."),
      key("prior_preservation.sampler", text(), "that of init", PRESERVED,
          "Its name, as langevin generate has them."));

  private static final Set<Kind> TOKEN = EnumSet.of(Kind.textual_inversion);

  private static final List<Setting> TEXTUAL_INVERSION = List.of(
      key("textual_inversion.placeholder", text(), REQUIRED, TOKEN,
          "The new word, such as <cat-toy>; one that the tokenizer does not know."),
      key("textual_inversion.initializer", text(), REQUIRED, TOKEN,
          "A word of one token that says what it is, with whose embedding the new one begins."),
      key("textual_inversion.vectors", whole(1, 70), "1", TOKEN, "Embeddings that the new word stands for."),
      key("textual_inversion.property", word("object", "style"), "object", TOKEN,
          "What is learnt, on which the sentences depend that pictures are shown with."),
      key("textual_inversion.templates", texts(), "sentences of the kind", TOKEN,
          "Sentences of one's own; {} stands for the new word. Captions that hold the word come before them."));

  private Settings() {}

  private static Setting key(String path, SettingType type, String absent, Set<Kind> tasks, String meaning) {
    return new Setting(path, type, absent, tasks, meaning, null);
  }

  private static Setting network(String path, NetworkKeys keys, Set<Kind> tasks, String meaning) {
    return new Setting(path, null, NONE, tasks, meaning, keys);
  }

  private static Set<Kind> with(Set<Kind> tasks, Kind more) {
    Set<Kind> all = EnumSet.copyOf(tasks);
    all.add(more);
    return all;
  }

  /** In the order of a file. */
  static List<Setting> all() {
    return Stream.of(RUN, DATA, MODEL, PRIOR_PRESERVATION, TEXTUAL_INVERSION, OBJECTIVE, STEPS, SAMPLES)
        .flatMap(List::stream).toList();
  }
}
