"""Runs generated Keras programs: for each folder, network.py on input.bin with weights.safetensors."""
import importlib.util
import json
import pathlib
import struct
import sys

import keras
import numpy as np

TYPES = {"F32": np.float32, "I32": np.int32}


def read_safetensors(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    values = data[8 + size :]
    return {
        name: np.frombuffer(values[slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def run(folder):
    spec = importlib.util.spec_from_file_location(f"generated_{folder.name}", folder / "network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    facts = json.loads((folder / "facts.json").read_text())
    network = module.set_weights(getattr(module, facts["maker"])(), read_safetensors(folder / "weights.safetensors"))
    values = np.frombuffer((folder / "input.bin").read_bytes(), TYPES[facts["dtype"]]).reshape(facts["shape"])
    last = facts.get("channelsLast", True)
    if last and values.ndim > 2 and facts["dtype"] == "F32":
        values = np.moveaxis(values, 1, -1)
    output = keras.ops.convert_to_numpy(network(values, training=False))
    if last and output.ndim > 2:
        output = np.moveaxis(output, -1, 1)
    return np.ascontiguousarray(output, np.float32)


for name in sys.argv[1:]:
    folder = pathlib.Path(name)
    try:
        output = run(folder)
        (folder / "output.bin").write_bytes(output.tobytes())
        print(json.dumps({"folder": name, "shape": list(output.shape)}), flush=True)
    except Exception as error:
        print(json.dumps({"folder": name, "error": f"{type(error).__name__}: {error}"}), flush=True)
    keras.utils.clear_session()
