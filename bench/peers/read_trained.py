#!/usr/bin/env python3
"""Has diffusers read what `mvn -P conversions` trained, and compares the pictures that it makes with Langevin's.

    read_trained.py CONVERSIONS

CONVERSIONS/trained holds a folder for each base with pictures.safetensors and a run for each picture: updates in both notations, a whole folder, a learned
word. Updates are loaded by load_lora_weights, the folder by from_pretrained, the word by load_textual_inversion. XL's second encoder reads its text at the
end token there, as Langevin does, not at the largest one, which would be the word's. Needs torch, diffusers, peft and transformers; nothing is downloaded.
Exits with 1 if something is not read or a picture differs by more than a thousandth.
"""
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import diffusers
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file

for library in (diffusers, transformers):
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()

TOLERANCE = 1e-3


def opened(folder):
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def made(pipeline, prompt):
    return pipeline(
        prompt, height=16, width=24, num_inference_steps=3, guidance_scale=3, generator=torch.Generator().manual_seed(1), output_type="np"
    ).images


def update(pipeline, folder):
    """Since transformers 5.6 the first encoder's layers are not behind `text_model`, where updates of every trainer have them and diffusers looks."""
    read = pipeline.lora_state_dict

    def named(*arguments, **options):
        return tuple(
            {key.replace("text_encoder.text_model.", "text_encoder."): value for key, value in part.items()} if isinstance(part, dict) else part
            for part in read(*arguments, **options)
        )

    if not hasattr(pipeline.text_encoder, "text_model"):
        pipeline.lora_state_dict = named
    pipeline.load_lora_weights(folder, weight_name="pytorch_lora_weights.safetensors")


def learn(pipeline, file):
    tensors = load_file(file)
    if "clip_l" not in tensors:
        pipeline.load_textual_inversion(file)
        return
    for name, encoder, tokenizer in (
        ("clip_l", pipeline.text_encoder, pipeline.tokenizer),
        ("clip_g", pipeline.text_encoder_2, pipeline.tokenizer_2),
    ):
        pipeline.load_textual_inversion({"<toy>": tensors[name]}, token="<toy>", text_encoder=encoder, tokenizer=tokenizer)
    for part in pipeline.text_encoder_2.modules():
        if hasattr(part, "eos_token_id"):
            part.eos_token_id = pipeline.tokenizer_2.eos_token_id


def main():
    failed = 0
    for trained in sorted((pathlib.Path(sys.argv[1]) / "trained").iterdir()):
        with safe_open(trained / "pictures.safetensors", "pt") as file:
            base = file.metadata()["model"]
            pictures = {name: file.get_tensor(name) for name in file.keys()}
        for name, picture in pictures.items():
            prompt = "a <toy> by day" if name == "word" else "picture number 3"
            try:
                pipeline = opened(trained / name / "model" if name == "tuned" else base)
                if name.startswith("lora"):
                    update(pipeline, trained / name / "model")
                if name == "word":
                    learn(pipeline, str(trained / name / "model" / "learned_embeds.safetensors"))
                difference = float((torch.from_numpy(made(pipeline, prompt)).permute(0, 3, 1, 2) - picture).abs().max())
                changed = float((picture - pictures["plain"]).abs().max())
                failed += not difference <= TOLERANCE
                print(f"{trained.name} {name}: pictures differ by {difference:.1e}; from those of the base by {changed:.1e}", flush=True)
            except Exception as error:
                failed += 1
                print(f"{trained.name} {name}: {type(error).__name__}: {error}", flush=True)
    print(f"diffusers {diffusers.__version__}: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
