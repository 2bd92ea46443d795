"""Tree operations of one peer on the cache: `python trees.py torch`, `optree` or `jax`."""

import sys

import timing
from timing import FIELDS, DynamicCache, cache


def of_torch():
    from torch.utils import _pytree as pytree

    timing.register_in_torch()
    tree = cache()
    leaves, spec = pytree.tree_flatten(tree)
    same = pytree.tree_structure(tree)
    text = pytree.treespec_dumps(spec)
    loads = pytree.treespec_loads.__wrapped__  # without the cache of its last results
    assert loads(text) == spec and len(leaves) == 252
    return {
        "flatten": lambda: pytree.tree_flatten(tree),
        "with_path": lambda: pytree.tree_flatten_with_path(tree),
        "unflatten": lambda: pytree.tree_unflatten(leaves, spec),
        "spec_equal": lambda: spec == same,
        "dumps": lambda: pytree.treespec_dumps(spec),
        "loads": lambda: loads(text),
    }


def of_optree():
    import optree

    where = {"namespace": "bench"}
    optree.register_pytree_node(
        DynamicCache,
        lambda c: ((c.key_cache, c.value_cache), None, FIELDS),
        lambda _, parts: DynamicCache(*parts),
        **where,
    )
    tree = cache()
    leaves, spec = optree.tree_flatten(tree, **where)
    same = optree.tree_structure(tree, **where)
    assert len(leaves) == 252
    return {
        "flatten": lambda: optree.tree_flatten(tree, **where),
        "with_path": lambda: optree.tree_flatten_with_path(tree, **where),
        "unflatten": lambda: optree.tree_unflatten(spec, leaves),
        "spec_equal": lambda: spec == same,
    }


def of_jax():
    from jax import tree_util

    children = lambda c: (c.key_cache, c.value_cache)
    tree_util.register_pytree_with_keys(
        DynamicCache,
        lambda c: (tuple(zip(map(tree_util.GetAttrKey, FIELDS), children(c))), None),
        lambda _, parts: DynamicCache(*parts),
        lambda c: (children(c), None),
    )
    tree = cache()
    leaves, spec = tree_util.tree_flatten(tree)
    same = tree_util.tree_structure(tree)
    assert len(leaves) == 252
    return {
        "flatten": lambda: tree_util.tree_flatten(tree),
        "with_path": lambda: tree_util.tree_flatten_with_path(tree),
        "unflatten": lambda: tree_util.tree_unflatten(spec, leaves),
        "spec_equal": lambda: spec == same,
    }


if __name__ == "__main__":
    peer = sys.argv[1]
    timing.tell(peer, {"torch": of_torch, "optree": of_optree, "jax": of_jax}[peer]())
