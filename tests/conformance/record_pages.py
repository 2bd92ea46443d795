"""Records what PyTorch 2.13 prints for the two example pages: `python record_pages.py` writes `../pages/*.torch-2.13.txt`.

The blocks of a file are separated by a line of dashes, in the order in which the example prints them. Comments, which have
the source line of a statement, and blank lines are left out.
"""

import pathlib
import pprint

import torch
from torch.utils import _pytree

from twins import ADD, LAYER, Add, AddCache, CustomCache, D, custom_class_shapes

PAGES = pathlib.Path(__file__).resolve().parent.parent / "pages"
SEPARATOR = "-" * 40 + "\n"


class Cache:
    """A cache of keys and values, as the pages register it."""

    def __init__(self, key_cache, value_cache):
        self.key_cache, self.value_cache = key_cache, value_cache


def register(cls, name):
    fields = ["key_cache", "value_cache"]
    flatten = lambda cache: ([cache.key_cache, cache.value_cache], fields)
    with_keys = lambda cache: ([(_pytree.MappingKey(f), getattr(cache, f)) for f in fields], fields)
    _pytree.register_pytree_node(
        cls,
        flatten,
        lambda children, context: cls(*children),
        serialized_type_name=name,
        flatten_with_keys_fn=with_keys,
    )
    torch.fx._pytree.register_pytree_flatten_spec(cls, lambda cache, _: flatten(cache)[0])


def export(model, args, kwargs=None, shapes=None):
    return str(torch.export.export(model, args, kwargs, dynamic_shapes=shapes))


def kept(line):
    return line.strip() and not line.startswith("            #")


def write(page, blocks):
    blocks = ("".join(f"{line}\n" for line in block.split("\n") if kept(line)) for block in blocks)
    (PAGES / f"{page}.torch-2.13.txt").write_text(SEPARATOR.join(blocks))


def dynamic_cache():
    x, y = torch.randn(5, 6), torch.randn(1, 6)
    named = ((), ADD)
    by_kind = ((ADD["x"],), {"y": ADD["y"]})
    cache = Cache(*([torch.randn(2, 4, 3, 7) for _ in range(2)] for _ in range(2)))
    z = torch.randn(1, 1, 1, 7)
    cache_shapes = ([[LAYER, LAYER], [LAYER, LAYER]], {3: D})
    yield export(Add(), (x, y))
    yield pprint.pformat((tuple(ADD.values()), {}))
    yield export(Add(), (x, y), shapes=tuple(ADD.values()))
    yield pprint.pformat(named)
    yield export(Add(), (), {"x": x, "y": y}, ADD)
    yield pprint.pformat(by_kind)
    yield pprint.pformat(named)
    yield export(Add(), (x,), {"y": y}, ADD)
    yield pprint.pformat((cache_shapes, {}))
    yield export(AddCache(), (cache, z), shapes=cache_shapes)


def custom_class():
    cache = Cache([torch.ones(4, 8, 11, 6)], [torch.ones(4, 8, 11, 6) * 2])
    x = torch.randn(4, 8, 7, 1)
    for sizes in ((3, 5), (4, 11)):
        b, n = sizes
        other = Cache([torch.ones(b, 8, n, 6)], [torch.ones(b, 8, n, 6)])
        yield str(CustomCache()(torch.randn(b, 8, 7, 1), other).shape)
    yield pprint.pformat(custom_class_shapes())
    yield export(CustomCache(), (x, cache), shapes=custom_class_shapes())


if __name__ == "__main__":
    register(Cache, "pages.Cache")
    write("export_with_dynamic_cache", dynamic_cache())
    write("custom_class_inputs", custom_class())
