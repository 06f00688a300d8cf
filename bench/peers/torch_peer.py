#!/usr/bin/env python3
"""One measurement of torch on a network that `langevin bench model` and `langevin bench train` time too: a line of JSON.

Run by `langevin bench peers`. Needs torch, and diffusers and transformers for their networks; weights are random.
"""
import argparse
import json
import os
import resource
import statistics
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import torch.nn.functional as F


def conditional_unet(batch, latent):
    from diffusers import UNet2DConditionModel

    network = UNet2DConditionModel(
        sample_size=64, cross_attention_dim=768, attention_head_dim=8, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2
    )
    return network, (torch.randn(batch, 4, latent, latent), torch.tensor(500), torch.randn(batch, 77, 768))


def xl_unet(batch, latent):
    from diffusers import UNet2DConditionModel

    network = UNet2DConditionModel(
        sample_size=128, cross_attention_dim=2048, attention_head_dim=(5, 10, 20), block_out_channels=(320, 640, 1280),
        layers_per_block=2, transformer_layers_per_block=(1, 2, 10), use_linear_projection=True,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), addition_embed_type="text_time",
        addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816,
    )
    added = {"text_embeds": torch.randn(batch, 1280), "time_ids": torch.full((batch, 6), 1024.0)}
    return network, (torch.randn(batch, 4, latent, latent), torch.tensor(500), torch.randn(batch, 77, 2048), None, None, None, None, added)


def decoder(batch, latent):
    from diffusers import AutoencoderKL

    network = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    network.forward = network.decode
    return network, (torch.randn(batch, 4, latent, latent),)


def text_encoder(batch, latent):
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
    return CLIPTextModel(config), (torch.randint(0, 49000, (batch, 77)),)


def pixel_unet(batch, side, channels, **config):
    from diffusers import UNet2DModel

    network = UNet2DModel(sample_size=side, in_channels=channels, out_channels=channels, **config)
    return network, (torch.randn(batch, channels, side, side), torch.tensor(500))


def cifar(batch, latent):
    return pixel_unet(
        batch, 32, 3, block_out_channels=(128, 256, 256, 256), layers_per_block=2, downsample_padding=0, flip_sin_to_cos=False,
        freq_shift=1, norm_eps=1e-6, attention_head_dim=None,
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    )


def tiny(batch, latent):
    return pixel_unet(
        batch, 8, 3, block_out_channels=(32, 64), layers_per_block=1, down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )


def train(batch, latent):
    return pixel_unet(
        batch, 28, 1, block_out_channels=(64, 128, 128), layers_per_block=2,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    )


WORKS = {"unet": conditional_unet, "xl": xl_unet, "vae": decoder, "clip": text_encoder, "cifar": cifar, "tiny": tiny, "train": train}

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--mode", choices=("eager", "channels-last", "compile"), default="eager")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--latent", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=TYPES, default="f32")
    options = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    network, inputs = WORKS[options.work](options.batch, options.latent)
    on_device = options.device != "cpu"
    if on_device or options.dtype != "f32":
        network = network.to(options.device, TYPES[options.dtype])
        inputs = placed(inputs, options.device, TYPES[options.dtype])
    # On a GPU, compiled networks are the fastest channels-last.
    if options.mode == "channels-last" or on_device and options.mode == "compile":
        network = network.to(memory_format=torch.channels_last)
        inputs = tuple(
            x.to(memory_format=torch.channels_last) if isinstance(x, torch.Tensor) and x.dim() == 4 else x for x in inputs
        )
    call = network
    if options.mode == "compile":
        from torch._inductor import config

        config.freezing = options.work != "train"
        call = torch.compile(network.forward, mode="max-autotune" if on_device else None)
    step = training_step(network, call, inputs) if options.work == "train" else inference_step(network, call, inputs)

    def seconds():
        start = time.perf_counter()
        step()
        if on_device:
            torch.cuda.synchronize()
        return time.perf_counter() - start

    first = seconds()
    seconds()
    if on_device and options.mode == "compile":
        seconds()  # records the graph that later calls replay
    times = [seconds() for _ in range(options.repeat)]
    print(json.dumps({
        "work": options.work,
        "peer": f"torch {torch.__version__} {options.mode}",
        "dtype": options.dtype,
        "batch": options.batch,
        "latent": options.latent,
        "threads": options.threads,
        "first_s": first,
        "min_s": min(times),
        "median_s": statistics.median(times),
        "max_s": max(times),
        "peak_rss_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "peak_device_gb": torch.cuda.max_memory_reserved() / 2**30 if on_device else 0,
    }))


def placed(value, device, dtype):
    """The same on a device, numbers that are not whole in a type."""
    if isinstance(value, torch.Tensor):
        return value.to(device, dtype if value.is_floating_point() else None)
    if isinstance(value, dict):
        return {name: placed(each, device, dtype) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(placed(each, device, dtype) for each in value)
    return value


def inference_step(network, call, inputs):
    network.eval().requires_grad_(False)

    def step():
        with torch.inference_mode():
            call(*inputs, return_dict=False)

    return step


def training_step(network, call, inputs):
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    noise = torch.randn_like(inputs[0])

    def step():
        times = torch.randint(0, 1000, (len(noise),))
        F.mse_loss(call(inputs[0], times, return_dict=False)[0], noise).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


if __name__ == "__main__":
    main()
