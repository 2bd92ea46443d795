"""Answers cases in the form of constraint_cases.json with torch.export. Cases and answers are lines of JSON.

An answer is {"ok": {"placeholders", "ranges", "guards_code"}} or {"error": {"type", "error_type", "message"}}.
"""

import json
import re
import sys
import warnings

import torch
from torch.export import Dim
from torch.utils import _pytree

LAST_PARAGRAPH = "\n\nThe error above occurred when calling torch.export.export"
STARS = {"varpos": "*", "varkw": "**"}


class DynamicCache:
    def __init__(self, key_cache, value_cache):
        self.key_cache, self.value_cache = key_cache, value_cache


def with_keys(cache):
    return [(_pytree.MappingKey(k), getattr(cache, k)) for k in ("key_cache", "value_cache")], None


_pytree.register_pytree_node(
    DynamicCache,
    lambda cache: ([cache.key_cache, cache.value_cache], None),
    lambda children, _: DynamicCache(*children),
    serialized_type_name="DynamicCache",
    flatten_with_keys_fn=with_keys,
)


def value(node):
    kind = node["t"]
    if kind == "tensor":
        return torch.zeros(node["shape"])
    if kind in ("list", "tuple"):
        return (list if kind == "list" else tuple)(value(item) for item in node["items"])
    if kind == "dict":
        return {key: value(item) for key, item in node["items"]}
    if kind == "dynamic_cache":
        return DynamicCache([value(n) for n in node["key_cache"]], [value(n) for n in node["value_cache"]])
    return node.get("value")


def named(dim):
    return Dim(dim["name"], min=dim["min"], max=dim["max"])


def derived(root, mul, add):
    root = root if mul == 1 else mul * root
    return root + add if add > 0 else root - -add if add < 0 else root


def dim(entry):
    if isinstance(entry, str):
        return getattr(Dim, entry)
    if not isinstance(entry, dict):
        return entry
    if "hint" in entry:
        return getattr(Dim, entry["hint"])(min=entry["min"], max=entry["max"])
    if "root" in entry:
        return derived(named(entry["root"]), entry["mul"], entry["add"])
    return named(entry)


def spec(node):
    kind = node.get("t") if isinstance(node, dict) else None
    if kind == "shape_dict":
        return {int(i): dim(d) for i, d in node["dims"].items()}
    if kind in ("shape_list", "shape_tuple"):
        return (list if kind == "shape_list" else tuple)(dim(d) for d in node["dims"])
    if kind in ("list", "tuple"):
        return (list if kind == "list" else tuple)(spec(item) for item in node["items"])
    if kind == "dict":
        return {key: spec(item) for key, item in node["items"]}
    return dim(node)


def sizes(rows):
    """The sizes by name: `d0_1` is dimension 1 of row 0, `n2` the int in row 2."""
    known = {}
    for r, row in enumerate(rows):
        if isinstance(row, torch.Tensor):
            known.update({f"d{r}_{i}": size for i, size in enumerate(row.shape)})
        else:
            known[f"n{r}"] = row
    return known


def perform(step, known):
    def at(place):
        return known[f"d{place[0]}_{place[1]}"] if isinstance(place, list) else place

    if "branch" in step:
        if eval(step["branch"], {}, known):
            pass
    elif "check" in step:
        torch._check(eval(step["check"], {}, known))
    elif "int" in step:
        int(at(step["int"]))
    elif "cat" in step:
        torch.cat([torch.zeros(at(part)) for part in step["cat"]]) + torch.zeros(at(step["eq"]))
    elif "slice" in step:
        torch.zeros(at(step["slice"]))[step["start"] :] + torch.zeros(at(step["eq"]))
    elif "reshape" in step:
        torch.zeros(at(step["reshape"])).reshape(-1, step["by"])
    elif "add" in step:
        torch.zeros(at(step["add"][0])) + torch.zeros(at(step["add"][1]))
    else:
        a, b = map(at, step["eq"])
        if not (isinstance(a, int) and isinstance(b, int)):
            torch._check(a == b)


def model(case):
    """A module with the signature of the case."""
    kinds = [(p["name"], p["kind"]) for p in case["params"]]
    shown, bare = [], False
    for name, kind in kinds:
        if kind == "kwonly" and not bare and not any(k == "varpos" for _, k in kinds):
            shown.append("*")
            bare = True
        shown.append(STARS.get(kind, "") + name)

    def body(values):
        rows = [x for x in _pytree.tree_leaves(values) if isinstance(x, (torch.Tensor, int, torch.SymInt))]
        rows = [x for x in rows if not isinstance(x, bool)]
        known = sizes(rows)
        for step in case["program"]:
            perform(step, known)
        return [x + 1 for x in rows] if case.get("model") == "touch" else torch.ones(1)

    scope = {"torch": torch, "body": body}
    names = ", ".join(name for name, _ in kinds)
    exec(
        f"class Model(torch.nn.Module):\n    def forward(self, {', '.join(shown)}):\n        return body([{names}])\n",
        scope,
    )
    return scope["Model"]()


def placeholders(program):
    text = str(program)
    head = text[text.index("def forward(self") :]
    head = head[: head.index("):")]
    found = re.findall(r', ([^\W\d]\w*)(?:: "([^"]*)")?(?=,|$)', head)
    return [{"name": name, "annotation": annotation or None} for name, annotation in found]


def answer(case):
    args = tuple(value(node) for node in case["args"])
    kwargs = {name: value(node) for name, node in case["kwargs"]}
    try:
        shapes = None if case["dynamic_shapes"] is None else {k: spec(s) for k, s in case["dynamic_shapes"]}
        program = torch.export.export(model(case), args, kwargs, dynamic_shapes=shapes, strict=False)
    except Exception as error:
        message = str(getattr(error, "msg", None) or error).split(LAST_PARAGRAPH)[0]
        kind = getattr(getattr(error, "error_type", None), "name", None)
        return {"error": {"type": type(error).__name__, "error_type": kind, "message": message}}
    ranges = [[str(e), str(r)] for e, r in program.range_constraints.items()]
    return {"ok": {"placeholders": placeholders(program), "ranges": ranges, "guards_code": program._guards_code}}


def main():
    warnings.filterwarnings("ignore")
    torch._logging.set_logs(all=50)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


main()
