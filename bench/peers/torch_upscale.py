#!/usr/bin/env python3
"""Enlarges a picture by the x2 network in the command's jar with torch, once for each line on standard input.

Run by `langevin bench upscale --torch PYTHON`: answers each line with the seconds that it took, those of all cores together, from 8-bit pixels to 8-bit
pixels, and the most memory that this process has held, in bytes. Needs torch and numpy.
"""
import json
import resource
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F

weights_file, side, layout, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
torch.set_num_threads(threads)
layout = torch.channels_last if layout == "last" else torch.contiguous_format

raw = open(weights_file, "rb").read()
(length,) = struct.unpack("<Q", raw[:8])
weights = {}
for name, entry in json.loads(raw[8 : 8 + length]).items():
    if name != "__metadata__":
        first, end = entry["data_offsets"]
        values = numpy.frombuffer(raw[8 + length + first : 8 + length + end], "<f4").reshape(entry["shape"]).copy()
        weights[name] = torch.from_numpy(values)
        if values.ndim == 4:
            weights[name] = weights[name].contiguous(memory_format=layout)


def layer(name, x):
    kernel = weights[name + ".weight"]
    return F.conv2d(x, kernel, weights[name + ".bias"], padding=kernel.shape[-1] // 2)


def enlarge(pixels):
    x = pixels.permute(2, 0, 1)[None].float().contiguous(memory_format=layout)
    first = layer("F_m1", x)
    x = layer("F_0", first)
    results = []
    for block in (1, 2):
        grown = layer(f"F_{block}_1", x).relu_()
        x = layer(f"LFF_{block}", torch.cat([x, grown], 1)).add_(x)
        results.append(x)
    x = layer("GFF_2", layer("GFF_1", torch.cat(results, 1))).add_(first)
    x = layer("UPN3", layer("UPN2", layer("UPN1", x).relu_()).relu_())
    x = layer("SR", F.interpolate(x, scale_factor=2, mode="nearest"))
    return x.clamp_(0, 255).round_().to(torch.uint8)[0].permute(1, 2, 0).contiguous()


# The same pixels as the other side's: a linear congruential generator, the high byte of its 32 bits.
values = numpy.empty(side * side * 3, numpy.uint8)
number = 1
for i in range(values.size):
    number = (number * 1664525 + 1013904223) & 0xFFFFFFFF
    values[i] = number >> 24
picture = torch.from_numpy(values.reshape(side, side, 3))

with torch.inference_mode():
    for line in sys.stdin:
        begun, worked = time.perf_counter(), time.process_time()
        result = enlarge(picture)
        seconds, work = time.perf_counter() - begun, time.process_time() - worked
        total = int(result.to(torch.int64).sum())
        print(json.dumps({"seconds": seconds, "work": work, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "sum": total}), flush=True)
