"""Runs generated PyTorch programs: for each folder, network.py on input.bin with weights.safetensors."""
import importlib.util
import json
import pathlib
import struct
import sys

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32, "F64": torch.float64}


def read_safetensors(path):
    data = bytearray(path.read_bytes())
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    values = memoryview(data)[8 + size :]
    return {
        name: torch.frombuffer(values[entry["data_offsets"][0] : entry["data_offsets"][1]], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def run(folder):
    spec = importlib.util.spec_from_file_location(f"generated_{folder.name}", folder / "network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    facts = json.loads((folder / "facts.json").read_text())
    network = getattr(module, facts["maker"])()
    network.load_state_dict(read_safetensors(folder / "weights.safetensors"))
    values = torch.frombuffer(bytearray((folder / "input.bin").read_bytes()), dtype=TYPES[facts["dtype"]])
    with torch.no_grad():
        output = network.eval()(values.reshape(facts["shape"]))
    return list(output.shape), output.contiguous().view(-1)


torch.set_num_threads(1)
for name in sys.argv[1:]:
    folder = pathlib.Path(name)
    try:
        shape, values = run(folder)
        (folder / "output.bin").write_bytes(bytes(values.to(torch.float32).untyped_storage())[: 4 * values.numel()])
        print(json.dumps({"folder": name, "shape": shape}), flush=True)
    except Exception as error:
        print(json.dumps({"folder": name, "error": f"{type(error).__name__}: {error}"}), flush=True)
