#!/usr/bin/env python3
"""The judge of the soak: what is flat passes, and each kind of growth is seen."""

import random

from harness import check
from soak_judge import FULL_BYTES, MIB, Bounds, Sample, growth_between, growth_within, judge

BOUNDS = Bounds(rss=400, descriptors=300, disk=500, threads=4, growth=1.2)
NOISE = random.Random(1)


def life(seconds=600, begin=0, rss=0.0, descriptors=0.0, threads=0, disk=0.0, written=5 * FULL_BYTES):
    """A life with a sample per second: buffers fill and are emptied, so that what it takes goes up and down, with
    noise; and more at its end, as told."""
    samples = []
    for age in range(seconds):
        share = age / seconds
        filled = share * written % FULL_BYTES / FULL_BYTES
        samples.append(Sample(begin + age, int((60 + 60 * filled + NOISE.uniform(-2, 2) + share * rss) * MIB),
                              int(60 + 40 * filled + share * descriptors), 24 + threads,
                              int((50 + 60 * filled + share * disk) * MIB), int(share * written)))
    return samples


def objections(short=(), long=()):
    return [each.split(":")[0] for each in judge(list(short), list(long), BOUNDS)]


flat = [life(60, 60 * i, written=MIB) for i in range(6)]
check(objections(flat, [life()]), [], "what is flat")
check(objections([life(60, rss=30 * i, written=MIB) for i in range(6)]),
      ["memory of the last lives, times that of the first"], "what each life has more than the one before")
quick = [life(60, rss=30 * i, written=MIB * (1 + i)) for i in range(6)]
check(objections(quick), [], "lives that write more and more until they are full")
check(growth_between(quick, "rss"), None, "lives that cannot be compared")
check(objections([life(60, rss=30 * i, written=(2 + i) * FULL_BYTES) for i in range(6)]),
      ["memory of the last lives, times that of the first"], "what full lives have more, whatever they write")
check(objections(flat, [life(rss=120)]), ["memory grows within a life, times"], "a leak in a long life")
check(objections(flat, [life(descriptors=100)]), ["descriptors grows within a life, times"],
      "descriptors that are kept")
check(objections(flat, [life(disk=150)]), ["disk grows within a life, times"], "a disk that fills")
check(objections([life(threads=3 * i) for i in range(3)]), ["threads differ between lives by"], "threads that pile up")
check(objections(long=[life(rss=400)])[0], "MiB of memory", "too much memory")
check(objections(long=[life(descriptors=400)])[0], "descriptors", "too many descriptors")
check(objections(long=[life(disk=600)])[0], "MiB of disk", "too much disk")
check(growth_within(life(written=2 * FULL_BYTES), "rss"), None, "too little was written to say")
check(objections(), [], "nothing to go by")
check(objections([[]], [life(2)]), [], "a life that ended at once")
print("all passed")
