"""Proves that the comparison can fail: it must notice each of these changes of a program."""

import re

from compare import Difference, compare

# Each change is a pattern and its replacement, which is applied to the first match.
CHANGES = {
    "a size of a result": (r'(            \w+: "\w+\[[^"]*?)(\w+)\]"', r'\g<1>\g<2> + 1]"'),
    "the element type of a result": (r'(            \w+: ")f32', r"\1f64"),
    "an op": (r"torch\.ops\.aten\.(add|relu|view|linear|cat|embedding|narrow|sigmoid|mul)\.", r"torch.ops.aten.sub."),
    "an argument's place": (r"\((\w+), (\w+)(, \w+)?\);", r"(\2, \1\3);"),
    "an integer argument": (r"(torch\.ops\.aten\.\w+\.\w+\([^;]*?)(\d+)([,\])])", r"\g<1>9\2\3"),
    "integer arithmetic": (r"( = \w+) (\*|//) (\d)", r"\1 + \3"),
    "what is returned": (r"return \((\w+), (\w+)", r"return (\2, \1"),
    "a last use": (r";  \w+ = ", r";  "),
    "an input's name": (r"(def forward\(self, \w+)", r"\1_x"),
    "an output's kind": (r": USER_OUTPUT", r": BUFFER_MUTATION"),
    "a range": (r"VR\[(\d+)", r"VR[9\1"),
    "a dropped statement": (r'\n            \w+: "\w+\[.*', r""),
}


def unnoticed(rust, python):
    """Returns how many changes were tried, and the changes that the comparison did not notice."""
    # Comments are source lines, which are not compared.
    rust = re.sub(r"\n {12}#.*", "", rust)
    tried, missed = 0, []
    for what, (pattern, to) in CHANGES.items():
        changed = re.sub(pattern, to, rust, count=1)
        if changed == rust:
            continue
        tried += 1
        try:
            compare(changed, python)
        except (Difference, KeyError, AttributeError, IndexError):
            # A changed text may also name an op or a value that does not exist.
            continue
        missed.append(what)
    return tried, missed
