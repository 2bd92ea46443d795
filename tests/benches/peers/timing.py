"""Measures calls in Python, and has the cache for all peers."""

import gc
import itertools
import statistics
import time

LAYERS = 126
FIELDS = ["key_cache", "value_cache"]


class DynamicCache:
    """A cache of two lists of tensors, as in transformers up to 5.0."""

    def __init__(self, key_cache, value_cache):
        self.key_cache = list(key_cache)
        self.value_cache = list(value_cache)


def cache(batch=2, length=30):
    import torch

    tensors = lambda: [torch.zeros(batch, 8, length, 64) for _ in range(LAYERS)]
    return DynamicCache(tensors(), tensors())


def register_in_torch():
    """Registers the cache as transformers does: the context is the names, which are also the keys of the children."""
    from torch.utils import _pytree as pytree

    children = lambda c: [c.key_cache, c.value_cache]
    pytree.register_pytree_node(
        DynamicCache,
        lambda c: (children(c), FIELDS),
        lambda parts, _: DynamicCache(*parts),
        serialized_type_name="transformers.cache_utils.DynamicCache",
        flatten_with_keys_fn=lambda c: (list(zip(map(pytree.MappingKey, FIELDS), children(c))), FIELDS),
    )


def fastest(call, seconds=0.5):
    """The fastest and the median reading in nanoseconds. A reading is calls for 0.2 ms, without garbage collection."""
    call()
    gc.collect()
    gc.disable()
    calls = 1
    while _reading(call, calls) * calls < 200_000:
        calls *= 2
    readings, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(readings) < 5:
        readings.append(_reading(call, calls))
    gc.enable()
    return min(readings), statistics.median(readings)


def _reading(call, calls):
    start = time.perf_counter_ns()
    for _ in itertools.repeat(None, calls):
        call()
    return (time.perf_counter_ns() - start) / calls


def tell(peer, figures):
    """Prints one line per figure for `cargo xtask bench`: peer, figure, fastest, median."""
    for name, call in figures.items():
        print(peer, name, *fastest(call), flush=True)
