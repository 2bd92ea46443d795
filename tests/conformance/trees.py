"""Compares pytree-core with torch.utils._pytree: `trees.py RECORD` checks a record of `conformance_trees`."""

import collections
import dataclasses
import enum
import inspect
import json
import random
import re
import sys

import torch
from torch.fx.immutable_collections import immutable_dict, immutable_list
from torch.utils import _pytree as pytree

# On both sides the classes below are named `trees.NAME`, however this file is run.
sys.modules["trees"] = sys.modules[__name__]


class Color(enum.Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class K:
    n: str


class Node:
    """A node with names, with names and statics, or with a context alone."""

    def __init__(self, children, context):
        self.children, self.context = list(children), context

    def __eq__(self, other):
        return type(self) is type(other) and (self.children, self.context) == (other.children, other.context)

    def names(self):
        return None

    def __repr__(self):
        names = self.names()
        items = [repr(c) for c in self.children]
        if names is not None:
            items = [f"{n}={i}" for n, i in zip(names, items)]
        return f"{type(self).__name__}({', '.join(items)})"


class M(Node):
    def names(self):
        return self.context


class MS(Node):
    def names(self):
        return self.context[0]


class C(Node):
    pass


class CD(Node):
    pass


def keyed(node):
    names = node.names()
    keys = [pytree.MappingKey(n) for n in names] if names is not None else map(pytree.SequenceKey, range(len(node.children)))
    return list(zip(keys, node.children)), node.context


def register_classes():
    for cls in (K, Color):
        cls.__module__ = "trees"
    pytree.register_constant(K)
    for cls in (M, MS, C, CD):
        cls.__module__ = "trees"
        more = {}
        if cls is CD:
            # Only the class knows how its context prints. Here it prints as in the file.
            more = {"to_dumpable_context": lambda c: c, "from_dumpable_context": lambda c: c}
        pytree.register_pytree_node(
            cls,
            lambda node: (node.children, node.context),
            lambda children, context, cls=cls: cls(children, context),
            serialized_type_name=f"trees.{cls.__name__}",
            flatten_with_keys_fn=keyed,
            **more,
        )
    for count in range(5):
        fields = [f"f{i}" for i in range(count)]
        point = collections.namedtuple(f"P{count}", fields)
        point.__module__ = "trees"
        pytree._register_namedtuple(point, serialized_type_name=f"trees.P{count}")
        data = dataclasses.make_dataclass(f"D{count}", [(f, object, None) for f in fields])
        data.__module__ = "trees"
        pytree.register_dataclass(data, serialized_type_name=f"trees.D{count}")
        globals()[f"P{count}"], globals()[f"D{count}"] = point, data


def build(spec, leaves=None):
    """The tree of a spec with numbers as leaves. Unlike `tree_unflatten` it does not turn torch.Size into a tuple."""
    leaves = iter(range(spec.num_leaves)) if leaves is None else leaves
    if spec.is_leaf():
        return next(leaves)
    children = [build(child, leaves) for child in spec.children()]
    if spec.type is torch.Size:
        return torch.Size(children)
    return pytree.SUPPORTED_NODES[spec.type].unflatten_fn(children, spec.context)


def facts(spec):
    """The properties of a spec that are compared."""
    tree = build(spec)
    paths, again = pytree.tree_flatten_with_path(tree)
    assert again == spec, f"{again} is not {spec}"
    assert [leaf for _, leaf in paths] == list(range(spec.num_leaves))
    answered = {
        "json": pytree.treespec_dumps(spec),
        "repr": str(spec),
        "keystr": [pytree.keystr(path) for path, _ in paths],
        "counts": [spec.num_leaves, spec.num_nodes, spec.num_children],
    }
    # A dataclass prints its fields in the order of the class, which is lost in a spec with None fields.
    if "trees.D" not in answered["json"]:
        answered["pprint"] = pytree.treespec_pprint(spec)
    return answered


def plain(error):
    """An error without the parts that differ from run to run: addresses, and the order of sets."""
    text = re.sub(r" at 0x[0-9a-f]+", "", str(error))
    return "".join(sorted(text)) if "key(s)" in text else text


def check_tree(case):
    spec = pytree.treespec_loads(case["json"])
    for name, value in facts(spec).items():
        if value != case[name]:
            return f"{name}: torch {value!r}, here {case[name]!r}"


def check_pair(case):
    spec = pytree.treespec_loads(case["a"])
    other = pytree.treespec_loads(case["b"])
    equal = spec == other
    if equal != case["equal"]:
        return f"equality: torch {equal}, here {case['equal']}: {case['a']} {case['b']}"
    tree = build(other)
    try:
        answered = {"parts": [pytree.tree_leaves(part) for part in spec.flatten_up_to(tree)]}
    except ValueError as error:
        answered = {"error": plain(error)}
    here = dict(case["up_to"])
    if "error" in here:
        here["error"] = plain(here["error"])
    if answered != here:
        return f"flatten_up_to: torch {answered}, here {here}: {case['a']} {case['b']}"


def check_call(case):
    kinds = list(inspect._ParameterKind)
    parameters = [
        inspect.Parameter(name, kinds[kind], default=None if default else inspect.Parameter.empty)
        for name, kind, default in case["parameters"]
    ]
    signature = inspect.Signature(parameters)
    # Each argument is a number, counted in the order of the call.
    named = {name: case["positional"] + i for i, name in enumerate(case["named"])}
    try:
        arguments = signature.bind(*range(case["positional"]), **named).arguments
    except TypeError as error:
        # Our message is longer than Python's and starts with it.
        return None if case["bound"].get("error", "").startswith(str(error)) else f"{error}, here {case}"
    places = {}
    for i, parameter in enumerate(parameters):
        if parameter.name not in arguments:
            continue
        value = arguments[parameter.name]
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            places |= {number: [i, f"[{place}]"] for place, number in enumerate(value)}
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            places |= {number: [i, f"[{name!r}]"] for name, number in value.items()}
        else:
            places[value] = [i, None]
    answered = {"places": [places[number] for number in range(len(places))]}
    if answered != case["bound"]:
        return f"bind: Python {answered}, here {case}"


def check_front_page(page):
    """Checks that the table has every public function of torch, except those that ask for the class of a value."""
    functions = [n for n in pytree.__all__ if not n.startswith("is_") and (n.islower() or n == "LeafSpec")]
    missing = [n for n in functions if f"`{n}`" not in page]
    return f"without a place on the front page: {missing}" if missing else None


def random_tree(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([1, 2.5, True, "a", None, torch.zeros(2)])
    children = [random_tree(rng, depth - 1) for _ in range(rng.randrange(4))]
    count = len(children)
    texts = ["a", "b c", "é", "it's", 'q"', "\n", "日本", "\U0001f600", "\\", "", "1"]
    keys = rng.sample(texts + [0, 5, -3, 2**40, 0.5, 1e22, float("inf"), None, True], count)
    pairs = list(zip(keys, children))
    return rng.choice(
        [
            lambda: children,
            lambda: tuple(children),
            lambda: immutable_list(children),
            lambda: immutable_dict(pairs),
            lambda: dict(pairs),
            lambda: collections.OrderedDict(pairs),
            lambda: collections.defaultdict(rng.choice([int, list, collections.OrderedDict]), pairs),
            lambda: collections.deque(children, maxlen=rng.choice([None, count, count + 2])),
            lambda: torch.Size(range(count)),
            lambda: globals()[f"P{count}"](*children),
            lambda: globals()[f"D{count}"](*children),
            lambda: M(children, rng.sample(["x", "y", "z", "key_0"], count)),
            lambda: MS(children, [rng.sample(["x", "y", "z"], count), {"eps": 0.5, "v": [1, None, "é"]}]),
            lambda: C(children, rng.choice([7, None, [1, "a", None, True], {"v": 1}])),
            lambda: CD(children, {"v": [rng.randrange(9)]}),
        ]
    )()


class Cache:
    """The parts of transformers' caches that their registrations use."""

    def __init__(self, pairs, kinds=None, windows=None):
        self.pairs, self.kinds, self.windows = pairs, kinds, windows


def flatten_lists(cache):
    """The registration of transformers 4.50 to 5.0, and with windows that of 5.23."""
    names = ["key_cache", "value_cache"]
    lists = [[k for k, _ in cache.pairs], [v for _, v in cache.pairs]]
    return lists, names if cache.windows is None else [names, cache.windows]


def flatten_layers(cache):
    """The registration of onnx-diagnostic from 0.8 on."""
    plain = cache.kinds is None or set(cache.kinds) <= {"D"}
    parts = ["" if plain else f"{kind}_" for kind in cache.kinds or [""] * len(cache.pairs)]
    names = [f"{name}_{parts[i]}{i}" for i in range(len(cache.pairs)) for name in ("key", "value")]
    return [tensor for pair in cache.pairs for tensor in pair], names


def flatten_described(cache):
    """The registration of the exporters package of transformers 5.23."""
    module = "transformers.cache_utils"
    layers = [
        {
            "_t": "obj",
            "p": f"{module}:DynamicLayer",
            "s": {
                "keys": {"_t": "tensor", "i": 2 * i},
                "values": {"_t": "tensor", "i": 2 * i + 1},
                "is_initialized": True,
                "dtype": {"_t": "dtype", "n": "float32"},
                "device": {"_t": "device", "s": "cpu"},
            },
        }
        for i in range(len(cache.pairs))
    ]
    state = {
        "layers": layers,
        "layer_class_to_replicate": {"_t": "type", "p": f"{module}:DynamicLayer"},
        "offloading": False,
    }
    return [t for pair in cache.pairs for t in pair], {"_t": "obj", "p": f"{module}:DynamicCache", "s": state}


def flatten_parts(cache):
    """The registration of EncoderDecoderCache and MambaCache by onnx-diagnostic."""
    return list(cache.pairs.values()), list(cache.pairs)


FLATTEN = {"lists": flatten_lists, "layers": flatten_layers, "described": flatten_described, "parts": flatten_parts}


def register_cache(form, name):
    """Makes a new class with this name, and removes a registration under the same name."""
    cls = type("Registered", (Cache,), {})
    flatten = FLATTEN[form]

    def with_keys(cache):
        children, context = flatten(cache)
        names = context[0] if form == "lists" and cache.windows is not None else context
        if form == "described":
            return [(pytree.SequenceKey(i), child) for i, child in enumerate(children)], context
        return [(pytree.MappingKey(n), child) for n, child in zip(names, children)], context

    pytree.register_pytree_node(
        cls, flatten, lambda children, context: None, serialized_type_name=name, flatten_with_keys_fn=with_keys
    )
    return cls


def build_cache(case):
    pairs = [(torch.zeros(1), torch.zeros(1)) for _ in range(case["layers"])]
    if case["form"] != "parts":
        return register_cache(case["form"], case["name"])(pairs, case.get("kinds"), case.get("windows"))
    inner = case.get("inner")
    make = (lambda: register_cache("layers", inner)(pairs)) if inner else (lambda: [k for k, _ in pairs])
    first = make()
    second = type(first)(pairs) if inner else make()
    return register_cache("parts", case["name"])(dict(zip(case["fields"], [first, second])))


def check_cache(case):
    cache = build_cache(case)
    paths, spec = pytree.tree_flatten_with_path(cache)
    answered = {
        "json": pytree.treespec_dumps(spec),
        "keystr": [pytree.keystr(path) for path, _ in paths],
        "counts": [spec.num_leaves, spec.num_nodes, spec.num_children],
    }
    for name, value in answered.items():
        if value != case[name]:
            return f"{name}: torch {value!r}, here {case[name]!r}"
    if pytree.treespec_loads(case["json"]) != spec:
        return f"not the spec of the class that is registered: {case['json']}"


def main(record):
    register_classes()
    with open(record, encoding="utf-8") as file:
        asked = json.load(file)
    failed, passed = [], 0
    checks = {
        "trees": check_tree,
        "pairs": check_pair,
        "calls": check_call,
        "caches": check_cache,
        "front pages": check_front_page,
    }
    for check, cases in ((check, asked[name]) for name, check in checks.items()):
        for case in cases:
            try:
                problem = check(case)
            except Exception as error:  # a failure of torch is a failure of the case
                problem = f"torch: {type(error).__name__}: {error}: {case}"
            if problem:
                failed.append(problem)
            else:
                passed += 1
    rng = random.Random(asked["seed"])
    own = [facts(pytree.tree_structure(random_tree(rng, 4))) for _ in range(len(asked["trees"]))]
    json.dump({"passed": passed, "failed": failed, "trees": own}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
