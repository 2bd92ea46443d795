"""Compares two printed programs.

Both texts are parsed, and each is checked by itself first: the names after `;` are those that the statement uses last, and
every integer statement computes the expression in its annotation. Then integer statements are replaced by these
expressions, and nodes are numbered in order of appearance. The results must be equal, except for the differences listed in
`Allowed`, which are counted.
"""

import ast
import dataclasses
import re

import sympy
import torch

# Arguments of factory functions that may be explicit on one side only, with their defaults.
FACTORY_DEFAULTS = {
    "dtype": "torch.float32",
    "layout": "torch.strided",
    "device": "device(type='cpu')",
    "pin_memory": "False",
}


@dataclasses.dataclass
class Allowed:
    """How often each allowed difference occurs."""

    comments: int = 0
    explicit: int = 0

    def __str__(self):
        return f"{self.comments} comment lines, {self.explicit} explicit arguments"


class Difference(Exception):
    """The texts differ, or one contradicts itself."""


@dataclasses.dataclass
class Statement:
    name: str
    annotation: str
    call: ast.expr
    dead: list


@dataclasses.dataclass
class Program:
    comments: list
    inputs: list
    aliases: dict
    statements: list
    returned: ast.expr
    tail: list


def parse(text):
    """Reads a printed program. Any unexpected line is an error."""
    lines = text.split("\n")
    want = ["ExportedProgram:", "    class GraphModule(torch.nn.Module):"]
    if lines[:2] != want:
        raise Difference(f"starts with {lines[:2]}")
    header = re.fullmatch(r"        def forward\(self(.*)\):", lines[2])
    if header is None:
        raise Difference(f"no forward: {lines[2]}")
    inputs = re.findall(r', (\w+)(?:: "([^"]*)")?', header[1])
    if "".join(f', {n}: "{a}"' if a else f", {n}" for n, a in inputs) != header[1]:
        raise Difference(f"cannot read the arguments: {header[1]}")
    program = Program([], inputs, {}, [], None, [])
    at = 3
    while True:
        line = lines[at]
        at += 1
        if line.startswith("            #"):
            program.comments.append(line.strip())
        elif line == "    ":
            continue
        elif line.startswith("            return "):
            program.returned = expression(line.strip().removeprefix("return "))
            break
        elif line.startswith("            "):
            statement(program, line.strip())
        else:
            raise Difference(f"no statement: {line!r}")
    program.tail = lines[at:]
    return program


def expression(text):
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise Difference(f"cannot read {text!r}: {error}") from None


def statement(program, line):
    body, _, dead = line.partition(";  ")
    found = re.fullmatch(r'(\w+)(?:: "([^"]*)")? = (.*)', body)
    if found is None or (dead and not dead.endswith(" = None")):
        raise Difference(f"cannot read the statement {line!r}")
    name, annotation, value = found.groups()
    value = expression(value)
    if isinstance(value, ast.Name) and not program.statements and value.id in dict(program.inputs):
        program.aliases[name] = value.id  # `input_1 = input`: torch avoids the name of a Python builtin
        return
    program.statements.append(Statement(name, annotation or "", value, dead.split(" = ")[:-1] if dead else []))


def names_in(node):
    """The names of values, in order, each once."""
    found = []
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and child.id not in ("torch", "device", "inf", "nan") and child.id not in found:
            found.append(child)
    found.sort(key=lambda n: (n.lineno, n.col_offset))
    return list(dict.fromkeys(n.id for n in found))


def check_last_uses(program):
    """Checks that every statement lists the names that it uses last, and its own name if that is never used."""
    last = {}
    for i, item in enumerate(program.statements):
        for name in names_in(item.call):
            last[name] = i
    for name in names_in(program.returned):
        last[name] = None
    for i, item in enumerate(program.statements):
        want = [name for name in names_in(item.call) if last[name] == i]
        if item.name not in last:
            want.append(item.name)
        if item.dead != want:
            raise Difference(f"`{item.name}` lists {item.dead} as last used, but it is {want}")


FUNCTIONS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: sympy.floor(a / b),
    ast.Mod: lambda a, b: a - b * sympy.floor(a / b),
    ast.Pow: lambda a, b: a**b,
}
CALLS = {"Max": sympy.Max, "Min": sympy.Min, "Mod": lambda a, b: a - b * sympy.floor(a / b)}


def symbolic(node, known):
    """The value of a number. Symbols are positive integers, and `known` has the values of names."""
    match node:
        case ast.Constant(value=float(v)):
            return sympy.Rational(v)
        case ast.Constant(value=int(v)):
            return sympy.Integer(v)
        case ast.Name(id=name):
            return known[name] if name in known else sympy.Symbol(name, integer=True, positive=True)
        case ast.BinOp(left=a, op=op, right=b) if type(op) in FUNCTIONS:
            return FUNCTIONS[type(op)](symbolic(a, known), symbolic(b, known))
        case ast.UnaryOp(op=ast.USub(), operand=a):
            return -symbolic(a, known)
        case ast.Call(func=ast.Name(id=name), args=args) if name in CALLS:
            return CALLS[name](*(symbolic(a, known) for a in args))
        case ast.Call(func=ast.Attribute(attr="sym_max" | "sym_min" as name), args=args):
            return CALLS[name[4:].capitalize()](*(symbolic(a, known) for a in args))
    raise Difference(f"no integer arithmetic: {ast.unparse(node)}")


def sizes_of(annotation):
    found = re.fullmatch(r"\w+\[(.*)\]", annotation)
    if found is None:
        raise Difference(f"no tensor: {annotation}")
    return ast.parse(f"[{found[1]}]", mode="eval").body.elts


def integers(program):
    """The integer values by name. Each is checked against the statement that computes it."""
    annotations = dict(program.inputs)
    annotations |= {alias: annotations[name] for alias, name in program.aliases.items()}
    known = {}
    for name, annotation in program.inputs:
        if annotation.startswith("Sym("):
            known[name] = symbolic(expression(annotation[4:-1]), {})
    for item in program.statements:
        if not item.annotation.startswith("Sym("):
            annotations[item.name] = item.annotation
            continue
        said = expression(item.annotation[4:-1])
        if isinstance(said, ast.Compare):
            check_comparison(item, said, known)
            continue
        said = symbolic(said, {})
        if target(item.call) == "aten.item.default":
            # A number that comes out of a tensor is a symbol of its own.
            if not said.is_Symbol or said in known.values():
                raise Difference(f"`{item.name}` says {said}, but reads a number")
            known[item.name] = said
            continue
        if target(item.call) == "aten.sym_size.int":
            tensor, dim = item.call.args
            computed = symbolic(sizes_of(annotations[tensor.id])[dim.value], {})
        else:
            computed = symbolic(item.call, known)
        if sympy.simplify(said - computed) != 0:
            raise Difference(f"`{item.name}` says {said}, but computes {computed}")
        known[item.name] = said
    return known


def check_comparison(item, said, known):
    computed = item.call
    if not isinstance(computed, ast.Compare) or type(said.ops[0]) is not type(computed.ops[0]):
        raise Difference(f"`{item.name}` says {ast.unparse(said)}, but computes {ast.unparse(computed)}")
    for a, b in ((said.left, computed.left), (said.comparators[0], computed.comparators[0])):
        if sympy.simplify(symbolic(a, {}) - symbolic(b, known)) != 0:
            raise Difference(f"`{item.name}` says {ast.unparse(said)}, but computes {ast.unparse(computed)}")


def target(call):
    """The name of an operator, such as `aten.add.Tensor`, or an empty text for any other expression."""
    text = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
    return text.removeprefix("torch.ops.") if text.startswith("torch.ops.") else ""


class Side:
    """A program in the form in which programs are compared."""

    def __init__(self, text):
        self.program = parse(text)
        check_last_uses(self.program)
        self.known = integers(self.program)
        self.names = {name: name for name, _ in self.program.inputs} | self.program.aliases
        reads = ("aten.item.default",)
        self.statements = [s for s in self.program.statements if s.name not in self.known or target(s.call) in reads]
        for i, item in enumerate(self.statements):
            self.names[item.name] = f"%{i}"

    def value(self, node):
        """An argument as text, with nodes by number and integers as expressions."""
        match node:
            case ast.Name(id=name) if name in self.known:
                return str(self.known[name])
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
            case ast.List(elts=items):
                return "[" + ", ".join(map(self.value, items)) + "]"
            case ast.Tuple(elts=items):
                return "(" + ", ".join(map(self.value, items)) + ")"
            case ast.Compare(left=a, ops=[op], comparators=[b]):
                return f"{self.value(a)} {type(op).__name__} {self.value(b)}"
            case ast.Subscript(value=of, slice=index):
                return f"{self.value(of)}[{ast.unparse(index)}]"
        return ast.unparse(node)

    def arguments(self, call, op):
        """The arguments of a call by their names in the schema."""
        schema = operator(op)._schema.arguments
        named = {schema[i].name: self.value(a) for i, a in enumerate(call.args)}
        return named | {k.arg: self.value(k.value) for k in call.keywords}

    def tail(self):
        """Signature and ranges, with nodes by number."""
        known = {name: str(value) for name, value in self.known.items()} | self.names
        lines = [re.sub(r"^    (\w+): (?=USER_OUTPUT|\w+_MUTATION)", lambda m: f"    {known.get(m[1], m[1])}: ", line)
                 for line in self.program.tail]
        return lines


def operator(name):
    namespace, op, overload = name.split(".")
    return getattr(getattr(getattr(torch.ops, namespace), op), overload)


def compare(rust, python):
    """Compares our program with torch's. Returns the allowed differences, or raises `Difference`."""
    a, b = Side(rust), Side(python)
    allowed = Allowed(comments=len(a.program.comments) + len(b.program.comments))
    same("arguments of forward", a.program.inputs, b.program.inputs)
    same("number of statements", len(a.statements), len(b.statements))
    for x, y in zip(a.statements, b.statements):
        same(f"annotation of `{x.name}` (torch: `{y.name}`)", x.annotation, y.annotation)
        compare_calls(a, x, b, y, allowed)
    same("what is returned", a.value(a.program.returned), b.value(b.program.returned))
    same("signature and ranges", a.tail(), b.tail())
    return allowed


def same(what, ours, theirs):
    if ours != theirs:
        raise Difference(f"{what}: {ours!r}, but torch has {theirs!r}")


def compare_calls(a, x, b, y, allowed):
    ours, theirs = target(x.call), target(y.call)
    if not ours or not theirs:
        same(f"`{x.name}`", a.value(x.call), b.value(y.call))
        return
    left, right = a.arguments(x.call, ours), b.arguments(y.call, theirs)
    same(f"op of `{x.name}`", ours, theirs)
    defaults = {arg.name: arg.default_value for arg in operator(ours)._schema.arguments if arg.has_default_value()}
    for name in left.keys() | right.keys():
        if name in left and name in right:
            same(f"argument `{name}` of `{x.name}`", left[name], right[name])
            continue
        value = left.get(name, right.get(name))
        if value != FACTORY_DEFAULTS.get(name) and value != repr(defaults.get(name, ...)):
            raise Difference(f"argument `{name}` = {value} of `{x.name}` is on one side only and no default")
        allowed.explicit += 1
