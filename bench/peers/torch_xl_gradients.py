#!/usr/bin/env python3
"""Gradients of one step of Stable Diffusion XL, of all weights and of a learned word, as torch, transformers and diffusers compute them.

    torch_xl_gradients.py MODEL INPUTS > gradients.txt

MODEL is a tiny XL folder, INPUTS the safetensors file with sample, target, timestep, weight, time_ids, input_ids and input_ids_2 that the LoRA gradients
are of. Each line has a weight's name, the norm of its gradient g and the sum of g[i] cos(i) over the flat tensor; `loss` has both samples'. The learned
word's two rows begin as cos(i) / 10 and stand in the place of the first text's second and third token; the pooled place is that of the true end token, not
the largest one's, which would be the word's. Needs torch, diffusers and transformers; nothing is downloaded.
"""
import sys

import diffusers
import torch
import transformers
from safetensors.torch import load_file

ROWS = 2


def told(name, gradient):
    g = gradient.double().flatten()
    print(name, repr(float(g.norm())), repr(float((g * torch.cos(torch.arange(len(g), dtype=torch.double))).sum())))


def networks(model):
    return (
        diffusers.UNet2DConditionModel.from_pretrained(model, subfolder="unet"),
        transformers.CLIPTextModel.from_pretrained(model, subfolder="text_encoder"),
        transformers.CLIPTextModelWithProjection.from_pretrained(model, subfolder="text_encoder_2"),
    )


def losses(unet, one, two, given):
    first = one(given["input_ids"], output_hidden_states=True)
    second = two(given["input_ids_2"], output_hidden_states=True)
    states = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1)
    added = {"text_embeds": second.text_embeds, "time_ids": given["time_ids"]}
    out = unet(given["sample"], given["timestep"], states, added_cond_kwargs=added).sample
    return ((out - given["target"]) ** 2).mean(dim=(1, 2, 3))


def main():
    model, inputs = sys.argv[1:3]
    given = load_file(inputs)
    unet, one, two = networks(model)
    each = losses(unet, one, two, given)
    print("loss", *map(repr, each.tolist()))
    (each * given["weight"].flatten()).mean().backward()
    for component, network in (("unet", unet), ("text_encoder", one), ("text_encoder_2", two)):
        for name, parameter in network.named_parameters():
            if parameter.grad is not None:
                told(f"{component}.{name}", parameter.grad)

    unet, one, two = networks(model)
    for suffix, encoder in (("", one), ("_2", two)):
        entries = encoder.config.vocab_size
        encoder.resize_token_embeddings(entries + ROWS, mean_resizing=False)
        table = encoder.get_input_embeddings().weight
        count = ROWS * table.shape[1]
        table.data[entries:] = (torch.cos(torch.arange(count, dtype=torch.double)) / 10).float().view(ROWS, -1)
        given["input_ids" + suffix] = given["input_ids" + suffix].clone()
        given["input_ids" + suffix][0, 2:4] = torch.tensor([entries, entries + 1])
    for part in (two, getattr(two, "text_model", two)):
        if hasattr(part, "eos_token_id"):
            part.eos_token_id = 763
    each = losses(unet, one, two, given)
    print("learned.loss", *map(repr, each.tolist()))
    (each * given["weight"].flatten()).mean().backward()
    for component, encoder in (("text_encoder", one), ("text_encoder_2", two)):
        told(f"{component}.learned_tokens", encoder.get_input_embeddings().weight.grad[-ROWS:])


if __name__ == "__main__":
    main()
