"""ONNX models of exported programs, run by onnxruntime."""

import onnxruntime
import torch


def onnx_session(program, path):
    """Exports a program to ONNX, and returns a function of the flattened inputs."""
    onnx = torch.onnx.export(program, dynamo=True, optimize=True, verbose=False)
    onnx.save(str(path))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    placeholders = program.graph_signature.user_inputs
    outputs = session.get_outputs()

    def run(values):
        # Inputs that the graph does not use, and plain values, are not among those of ONNX.
        given = dict(zip(placeholders, values))
        # The exporter renames an input that is an output too.
        feed = {name: array(given[name.removesuffix("_orig")]) for name in names}
        return [tensor(value) for value in session.run([output.name for output in outputs], feed)]

    return run


def array(value):
    if not isinstance(value, torch.Tensor):
        return torch.tensor(value).numpy()
    if value.dtype == torch.bfloat16:
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(value.view(torch.uint16).numpy(), 16)
    return value.numpy()


def tensor(value):
    return torch.from_numpy(value) if not isinstance(value, onnxruntime.OrtValue) else torch.from_numpy(value.numpy())
