"""Runs Keras model files: for each entry of a list, the model at its path on its input."""
import json
import pathlib
import sys

import keras
import numpy as np

for entry in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    try:
        network = keras.models.load_model(entry["path"], compile=False)
        values = np.frombuffer(pathlib.Path(entry["input"]).read_bytes(), entry["dtype"]).reshape(entry["shape"])
        output = np.ascontiguousarray(keras.ops.convert_to_numpy(network(values, training=False)), np.float32)
        pathlib.Path(entry["output"]).write_bytes(output.tobytes())
        print(json.dumps({"shape": list(output.shape)}), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
    keras.utils.clear_session()
