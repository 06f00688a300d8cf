#!/usr/bin/env python3
"""Has diffusers read every model that `mvn -P conversions` wrote, and compares all of its numbers with the models that they were made of.

    read_conversions.py CONVERSIONS REFERENCE

CONVERSIONS holds NAME/PRECISION/folder, one.safetensors and back. Each folder is read by DiffusionPipeline.from_pretrained, each file by the pipeline's
from_single_file with its YAML file and the original's configurations; what they hold must be what torch makes of the original's numbers in that precision.
Needs torch, diffusers and transformers; nothing is downloaded. Exits with 1 if a model is not read or a number differs.
"""
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import diffusers
import torch
import transformers

for library in (diffusers, transformers):
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()

MODELS = {
    "sd1": "pipelines_sd/_models/sd1",
    "sd1-inpainting": "pipelines_sd/_models/sd1_inpaint",
    "sd2": "pipelines_sd/_models/sd2_v",
    "xl": "pipelines_sdxl/_models/base",
    "xl-refiner": "pipelines_sdxl/_models/refiner",
    "lcm": "pipelines_sd/_models/lcm",
    "upscaler": "pipelines_sd/_models/upscale",
}
PRECISIONS = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "fp8": torch.float8_e4m3fn}
NOT_FROM_FILES = {"lcm": "diffusers has no name for the guidance's projection there"}


def networks(pipeline):
    return {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}


def differences(original, read, precision):
    """Names of tensors that differ, and how many were compared."""
    wrong, count = [], 0
    for name, network in networks(original).items():
        got = networks(read)[name].state_dict()
        for key, tensor in network.state_dict().items():
            if not tensor.is_floating_point():
                continue
            count += 1
            if key not in got or not torch.equal(tensor.to(precision).float(), got[key].float()):
                wrong.append(f"{name}.{key}")
    return wrong, count


def main():
    conversions, reference = map(pathlib.Path, sys.argv[1:3])
    read, tensors, failed = 0, 0, 0
    for name, place in MODELS.items():
        original = diffusers.DiffusionPipeline.from_pretrained(reference / place, torch_dtype=torch.float32)
        for label, precision in PRECISIONS.items():
            at = conversions / name / label
            file, yaml = at / "one.safetensors", at / "one.yaml"
            readers = {
                "folder": lambda: diffusers.DiffusionPipeline.from_pretrained(at / "folder", torch_dtype=torch.float32),
                "back": lambda: diffusers.DiffusionPipeline.from_pretrained(at / "back", torch_dtype=torch.float32),
            }
            if name not in NOT_FROM_FILES:
                readers["one.safetensors"] = lambda: type(original).from_single_file(
                    str(file), config=str(reference / place), torch_dtype=torch.float32, local_files_only=True
                )
            for what, reader in readers.items():
                try:
                    wrong, count = differences(original, reader(), precision)
                except Exception as error:
                    wrong, count = [f"{type(error).__name__}: {error}"], 0
                read, tensors, failed = read + (not wrong), tensors + count, failed + bool(wrong)
                if wrong:
                    print(f"{name} {label} {what}: {len(wrong)} of {count} differ: {wrong[:3]}")
        print(f"{name}: read" + (f"; its files are not: {NOT_FROM_FILES[name]}" if name in NOT_FROM_FILES else ""), flush=True)
    print(f"diffusers {diffusers.__version__} read {read} of {read + failed} folders and files, {tensors} tensors compared")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
