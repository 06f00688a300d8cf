#!/usr/bin/env python3
"""One measurement of a LoRA's training step with torch, diffusers and peft, as `langevin bench lora` times its own: a line of JSON.

Run by `langevin bench peers lora`. A step is that of diffusers' example `train_text_to_image_lora.py`, eager and in f32: the text is encoded without a
gradient, the U-Net runs forward and backward, gradients are clipped, AdamW moves the updates. The example encodes the picture in each step; here its
latents are given, as Langevin computes them once before the first.
"""
import argparse
import json
import os
import resource
import statistics
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a folder of Stable Diffusion 1 or 2")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--gradient-checkpointing", action="store_true", help="activations are computed twice")
    options = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    unet = UNet2DConditionModel.from_pretrained(options.model, subfolder="unet", torch_dtype=torch.float32).requires_grad_(False)
    encoder = CLIPTextModel.from_pretrained(options.model, subfolder="text_encoder", torch_dtype=torch.float32).requires_grad_(False)
    scheduler = DDPMScheduler.from_pretrained(options.model, subfolder="scheduler")
    unet.add_adapter(peft.LoraConfig(
        r=options.rank, lora_alpha=options.rank, init_lora_weights="gaussian", target_modules=["to_k", "to_q", "to_v", "to_out.0"]
    ))
    if options.gradient_checkpointing:
        unet.enable_gradient_checkpointing()
    updates = [parameter for parameter in unet.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(updates, lr=1e-4, weight_decay=0.01)
    latents = torch.randn(options.batch, unet.config.in_channels, options.size // 8, options.size // 8)
    tokens = torch.randint(0, encoder.config.vocab_size, (options.batch, encoder.config.max_position_embeddings))
    unet.train()

    def step():
        noise = torch.randn_like(latents)
        times = torch.randint(0, scheduler.config.num_train_timesteps, (options.batch,))
        noisy = scheduler.add_noise(latents, noise, times)
        with torch.no_grad():
            context = encoder(tokens)[0]
        target = noise if scheduler.config.prediction_type == "epsilon" else scheduler.get_velocity(latents, noise, times)
        F.mse_loss(unet(noisy, times, context, return_dict=False)[0], target).backward()
        torch.nn.utils.clip_grad_norm_(updates, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    times = []
    for _ in range(2 + options.repeat):  # two are not counted
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    counted = times[2:]
    print(json.dumps({
        "work": "lora",
        "peer": f"torch {torch.__version__}, peft {peft.__version__}" + (", checkpointing" if options.gradient_checkpointing else ""),
        "dtype": "f32",
        "size": options.size,
        "rank": options.rank,
        "batch": options.batch,
        "threads": options.threads,
        "updates": len(updates) // 2,
        "first_s": times[0],
        "min_s": min(counted),
        "median_s": statistics.median(counted),
        "max_s": max(counted),
        "peak_rss_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }))


if __name__ == "__main__":
    main()
