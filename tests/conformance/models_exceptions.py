"""What PyTorch and its tools cannot do with a program, whoever exported it.

A step that is listed here must fail with this text, and it must fail so with the program that Python exported, saved and
loaded too: `models.py` tries both. Where Python's own program fails in another way, there are two texts: of ours and of
Python's."""

EXCEPTIONS = {
    # onnxruntime has no convolutions of these element types on CPUs.
    ("cnn_bf16", "onnx"): "Type 'tensor(bfloat16)' of input parameter (xs) of operator (Conv)",
    ("cnn_f64", "onnx"): "Could not find an implementation for Conv",
    # The ONNX exporter leaves out the `divisor_override` of `avg_pool2d`.
    ("densenet121", "onnx"): "of the largest element",
    # The ONNX exporter normalises by the running statistics, which are those of earlier batches.
    ("cnn_train", "onnx"): "of the largest element",
    # A decomposition fixes the scales of `upsample_bicubic2d` that follow sizes at those of the example. Python's program
    # has the sizes themselves fixed: `int(h / 14 + 0.1)` as soon as it is loaded.
    ("dinov2", "decomposes"): ("of the largest element", "Guard failed: math.trunc("),
    ("dinov2", "onnx"): ("of the largest element", "Guard failed: math.trunc("),
    # Nor does it have sums of bfloat16 or the GELU of float64.
    ("embedder_bf16", "onnx"): "Could not find an implementation for Add(14)",
    ("embedder_f64", "onnx"): "Could not find an implementation for Erf(13)",
}
