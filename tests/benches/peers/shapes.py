"""Measures onnx-diagnostic's shape operations on the cache."""

import warnings

warnings.filterwarnings("ignore")

import timing
import torch
from onnx_diagnostic.export import ModelInputs
from onnx_diagnostic.helpers import string_type


class Model(torch.nn.Module):
    def forward(self, cache):
        return cache.key_cache[0]


timing.register_in_torch()
first, second = timing.cache(2, 30), timing.cache(3, 40)
inputs = ModelInputs(Model(), [(first,), (second,)])
assert "DYNAMIC" in repr(inputs.guess_dynamic_shapes())
timing.tell(
    "onnx-diagnostic",
    {
        "guess": inputs.guess_dynamic_shapes,
        # By default a list of more than twenty items is cut.
        "string_type": lambda: string_type(first, with_shape=True, limit=1000),
    },
)
