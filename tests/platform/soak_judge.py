"""Whether what a process takes stays within bounds, and does not grow from life to life or within a long life."""

import collections
import statistics

MIB = 1 << 20
# Of each life, after which it counts as warm.
WARM_UP = 0.4
# What a life has to write until the store's buffers were full once, and are emptied from then on: its log and what is
# flushed of it. Until then memory, files and disk grow, as they should.
FULL_BYTES = 112 * MIB

# Until then lives can only be compared that have written about the same.
WRITTEN_ALIKE = 1.5

# `written` is what the life has written to the disk so far.
Sample = collections.namedtuple("Sample", "seconds rss descriptors threads disk written")
# The most of each, and how much more than before it may become; `threads` is by how much lives may differ.
Bounds = collections.namedtuple("Bounds", "rss descriptors disk threads growth")


def warm(life):
    """The samples of a life after its warm-up."""
    if not life:
        return []
    begin, end = life[0].seconds, life[-1].seconds
    return [each for each in life if each.seconds >= begin + WARM_UP * (end - begin)]


def growth_between(lives, member):
    """Lives of one length: what the last third of them takes when warm, times what the first third takes. None when
    there are too few, or the last have written much more than the first, which were not full yet."""
    warmed = [warm(life) for life in lives if warm(life)]
    third = len(warmed) // 3
    if third == 0:
        return None

    def middle(some, what):
        return statistics.median(statistics.median(getattr(each, what) for each in life) for life in some)

    first, last = warmed[:third], warmed[-third:]
    full = min(FULL_BYTES, middle(last, "written"))
    if full > WRITTEN_ALIKE * middle(first, "written"):
        return None
    return middle(last, member) / max(1.0, middle(first, member))


def growth_within(life, member):
    """The peak in the later half of what a life has written since its buffers were full for the first time, times the
    peak in the earlier half. None when it has not written enough: both halves must have filled them again."""
    full = [each for each in life if each.written >= FULL_BYTES]
    if not full or full[-1].written - full[0].written < 2 * FULL_BYTES:
        return None
    middle = (full[0].written + full[-1].written) / 2
    early, late = [], []
    for each in full:
        (early if each.written < middle else late).append(getattr(each, member))
    return max(late) / max(1, max(early)) if early and late else None


def judge(short_lives, long_lives, bounds):
    """What is not as it should be, as sentences; nothing if all is."""
    objections = []

    def require(found, bound, text):
        if found > bound:
            objections.append(f"{text}: {found:.2f}, allowed {bound:g}")

    samples = sum(short_lives + long_lives, [])
    require(max((each.rss for each in samples), default=0) / MIB, bounds.rss, "MiB of memory")
    require(max((each.descriptors for each in samples), default=0), bounds.descriptors, "descriptors")
    require(max((each.disk for each in samples), default=0) / MIB, bounds.disk, "MiB of disk")
    threads = [statistics.median(each.threads for each in warm(life))
               for life in short_lives + long_lives if warm(life)]
    require(max(threads, default=0) - min(threads, default=0), bounds.threads, "threads differ between lives by")
    for lives in (short_lives, long_lives):
        require(growth_between(lives, "rss") or 1.0, bounds.growth, "memory of the last lives, times that of the first")
    for life in long_lives:
        for member, name in (("rss", "memory"), ("descriptors", "descriptors"), ("disk", "disk")):
            require(growth_within(life, member) or 1.0, bounds.growth, f"{name} grows within a life, times")
    return objections
