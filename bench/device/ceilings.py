#!/usr/bin/env python3
"""What a GPU gives at best, as lines of JSON: bytes a second of a copy, operations a second of torch's products."""
import json
import statistics
import sys
import time

import torch


def seconds(work, repeat):
    """The median over calls, each waited for, after three that are not counted."""
    times = []
    for _ in range(repeat + 3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


def main():
    repeat = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    size = 8192
    source = torch.empty(1 << 28, dtype=torch.float32, device="cuda").normal_()
    target = torch.empty_like(source)
    moved = 2 * source.numel() * 4
    print(json.dumps({"work": "copy", "gbytes_per_s": moved / seconds(lambda: target.copy_(source), repeat) * 1e-9}))
    for name, dtype, tf32 in (("f32", torch.float32, False), ("tf32", torch.float32, True), ("bf16", torch.bfloat16, False), ("f16", torch.float16, False)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        one, other = (torch.randn(size, size, device="cuda", dtype=dtype) for _ in range(2))
        done = 2 * size**3
        print(json.dumps({"work": "matmul " + name, "tflops": done / seconds(lambda: one @ other, repeat) * 1e-12}))


if __name__ == "__main__":
    main()
