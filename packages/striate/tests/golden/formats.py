"""Makes formats.json: files written by NumPy and by the safetensors package, and what they hold.

Run with numpy and safetensors installed: python formats.py > formats.json
"""

import base64
import io
import json

import numpy as np
from safetensors.numpy import save


def text(data):
    return base64.b64encode(data).decode()


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return text(file.getvalue())


def plain(array):
    """Values in row-major order; NaN and infinities as text, since JSON lacks them."""
    return [value if np.isfinite(value) else str(value) for value in array.astype("f8").ravel().tolist()]


def expected(array):
    dtypes = {"f2": "float32", "f4": "float32", "f8": "float64", "u1": "uint8", "b1": "uint8"}
    kind = array.dtype.str[1:]
    return {"dtype": dtypes.get(kind, "int32"), "shape": list(array.shape), "values": plain(array)}


grid = np.arange(6).reshape(2, 3) / 4
halves = [0, -0.0, 1, -2.5, 65504, 6e-8, 6.1e-5, np.inf, -np.inf, np.nan, 1 / 3]
cases = [
    ("little float32", grid.astype("<f4"), None),
    ("big float32", grid.astype(">f4"), None),
    ("float64, first axis fastest", np.asfortranarray(grid.astype("<f8")), None),
    ("float16", np.array(halves, "<f2"), None),
    ("big float16", np.array(halves, ">f2"), None),
    ("big int64", np.array([[-(2**31)], [2**31 - 1]], ">i8"), None),
    ("uint64", np.array([0, 2**31 - 1], "<u8"), None),
    ("uint32", np.array([0, 2**31 - 1], "<u4"), None),
    ("bool", np.array([True, False, True]), None),
    ("scalar", np.array(7, "u1"), None),
    ("uint16", np.array([0, 65535], "<u2"), None),
    ("int8", np.array([-128, 127], "i1"), None),
    ("empty", np.zeros((0, 3), "f4"), None),
    ("version 2", np.array([1, -2], "<i4"), (2, 0)),
    ("version 3", np.array([1, -2], "<i4"), (3, 0)),
    ("int16 of three axes, first fastest", np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype(">i2")), None),
]
tensors = {
    "0.weight": grid.astype("f4"),
    "double": grid,
    "half": np.array(halves[:6], "f2"),
    "long": np.array([[-(2**31), 2**31 - 1]], "i8"),
    "short": np.array([-3, 4], "i2"),
    "flags": np.array([True, False]),
    "bytes": np.arange(5, dtype="u1"),
    "scalar": np.array(2.5, "f4"),
    "__proto__": np.array([1], "i4"),
    "größe": np.zeros((2, 0), "f4"),
}
print(
    json.dumps(
        {
            "npy": [{"name": name, "file": npy(a, version), **expected(a)} for name, a, version in cases],
            "safetensors": {
                "file": text(save(tensors, metadata={"format": "np", "quoted": 'a "b" \\ \n ü'})),
                "metadata": {"format": "np", "quoted": 'a "b" \\ \n ü'},
                "tensors": [{"name": name, **expected(a)} for name, a in tensors.items()],
            },
        },
        indent=1,
        ensure_ascii=False,
    )
)
