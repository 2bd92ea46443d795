"""Records how PyTorch 2.13 orders, simplifies, prints and saves conditions that are joined by `And`, `Or` and `Not`:

    python record_conditions.py

writes `tests/golden/programs/condition_cases.json`: each case is a condition as it is given, as it is printed and as it is saved,
with `<s77>` for a symbol.
"""

import json
import pathlib
import random

import sympy
from torch.utils._sympy.functions import FloorDiv, Mod

HERE = pathlib.Path(__file__).resolve()
NAMES = {name: getattr(sympy, name) for name in dir(sympy)} | {"FloorDiv": FloorDiv, "Mod": Mod, "true": sympy.true}
SYMBOLS = [f"Symbol('{name}', positive=True, integer=True)" for name in ("s3", "s27", "s77", "s100")]
SYMBOLS.append("Symbol('u0', integer=True)")
RELATIONS = ["Equality", "Unequality", "StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan"]


def short(text):
    """The text with `<s77>` and `<u0>` for symbols."""
    for name in ("s3", "s27", "s77", "s100"):
        text = text.replace(f"Symbol('{name}', positive=True, integer=True)", f"<{name}>")
    return text.replace("Symbol('u0', integer=True)", "<u0>")


def value(text):
    return eval(text, dict(NAMES))


def expression(rng):
    a, b = rng.sample(SYMBOLS, 2)
    n = f"Integer({rng.randint(2, 12)})"
    forms = [a, a, a, n, f"Add({a}, {b})", f"Mul({n}, {a})", f"Mul({a}, {b})", f"FloorDiv({a}, {n})", f"Mod({a}, {n})"]
    text = rng.choice(forms)
    return sympy.srepr(value(text))


def relation(rng):
    """A relation that sympy keeps as it is given."""
    while True:
        text = f"{rng.choice(RELATIONS)}({expression(rng)}, {expression(rng)})"
        if sympy.srepr(value(text)) == text:
            return text


def condition(rng, depth):
    if depth == 0 or rng.random() < 0.3:
        return relation(rng)
    if rng.random() < 0.1:
        return f"Not({condition(rng, depth - 1)})"
    parts = [condition(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    if rng.random() < 0.15:
        parts.append(rng.choice(parts))
    rng.shuffle(parts)
    return f"{rng.choice(['And', 'Or'])}({', '.join(parts)})"


def main():
    rng = random.Random(27)
    cases = {}
    while len(cases) < 150:
        text = condition(rng, rng.randint(1, 3))
        found = value(text)
        if found.func in (sympy.And, sympy.Or):
            cases[text] = [short(text), str(found), short(sympy.srepr(found))]
    path = HERE.parents[1] / "golden" / "programs" / "condition_cases.json"
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases.values()) + "\n]\n")


main()
