"""PyTorch as a contestant: answers the requests of harness/protocol.ts, one JSON line each."""
import json
import os
import sys
import time

import torch
import torch.nn.functional as functional


def read(folder, name):
    with open(os.path.join(folder, name + ".f32"), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).clone()


def write(path, values):
    import array

    flat = values.detach().contiguous().reshape(-1)
    with open(path, "wb") as file:
        try:
            flat.numpy().tofile(file)
        except RuntimeError:  # built without NumPy
            array.array("f", flat.tolist()).tofile(file)


class Convolution:
    def __init__(self, job, folder):
        shape = job["shape"]
        rank = len(shape["input"])
        sizes = [shape["batch"], shape["inChannels"], *shape["input"]]
        self.transposed = shape["transposed"]
        groups = shape["groups"]
        channels = (
            [shape["inChannels"], shape["outChannels"] // groups]
            if self.transposed
            else [shape["outChannels"], shape["inChannels"] // groups]
        )
        kind = "conv_transpose" if self.transposed else "conv"
        self.operator = getattr(functional, f"{kind}{rank}d")
        self.options = {
            "stride": shape["stride"],
            "padding": shape["padding"],
            "dilation": shape["dilation"],
            "groups": groups,
        }
        self.training = job["kind"] == "training"
        self.x = read(folder, "x").reshape(sizes)
        self.weight = read(folder, "weight").reshape(channels + shape["kernel"])
        if self.training:
            self.x.requires_grad_()
            self.weight.requires_grad_()
            self.upstream = read(folder, "upstream").reshape(self.forward().shape)

    def forward(self):
        return self.operator(self.x, self.weight, **self.options)

    def run(self):
        if not self.training:
            with torch.inference_mode():
                return {"y": self.forward()}
        y = self.forward()
        dx, dw = torch.autograd.grad(y, [self.x, self.weight], self.upstream)
        return {"y": y, "inputGradient": dx, "weightGradient": dw}

    outputs = run


class Steps:
    """Steps of plain gradient descent on labelled pictures."""

    def __init__(self, job, folder, net, picture):
        self.x = read(folder, "x").reshape([job["batch"], *picture])
        self.labels = read(folder, "labels").long()
        self.net = net.train()
        parameters = list(net.parameters())
        self.first = [
            read(folder, f"parameter{i}").reshape(p.shape) for i, p in enumerate(parameters)
        ]
        self.optimizer = torch.optim.SGD(parameters, lr=job["learningRate"])
        self.reset()

    def reset(self):
        with torch.no_grad():
            for parameter, value in zip(self.net.parameters(), self.first):
                parameter.copy_(value)

    def run(self):
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.net(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def outputs(self):
        self.reset()
        return {"losses": torch.tensor([self.run() for _ in range(5)])}


def lenet(job, folder):
    """Layers, activation and pooling as in striate's lenet5()."""
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Tanh(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )
    return Steps(job, folder, net, [1, 28, 28])


class Block(torch.nn.Module):
    def __init__(self, before, width):
        super().__init__()
        stride = 1 if before == width else 2
        self.body = torch.nn.Sequential(
            *unit(before, width, 3, stride), torch.nn.ReLU(), *unit(width, width, 3)
        )
        if before != width:
            self.shortcut = torch.nn.Sequential(*unit(before, width, 1, stride))

    def forward(self, x):
        around = self.shortcut(x) if hasattr(self, "shortcut") else x
        return functional.relu(self.body(x) + around)


def unit(before, width, kernel, stride=1):
    padding = 1 if kernel == 3 else 0
    return [
        torch.nn.Conv2d(before, width, kernel, stride, padding, bias=False),
        torch.nn.BatchNorm2d(width),
    ]


def resnet20(job, folder):
    """The network of harness/networks.ts."""
    nn = torch.nn
    layers = [*unit(3, 16, 3), nn.ReLU()]
    before = 16
    for width in (16, 32, 64):
        for _ in range(3):
            layers.append(Block(before, width))
            before = width
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return Steps(job, folder, net, [3, 32, 32])


def milliseconds(work, calls):
    started = time.perf_counter()
    for _ in range(calls):
        work.run()
    return (time.perf_counter() - started) * 1000 / calls


def warm(work, enough):
    """As in harness/timing.ts."""
    shortest = float("inf")
    for stretch in range(1, 9):
        before = shortest
        end = time.perf_counter() + enough / 1000
        while True:
            shortest = min(shortest, milliseconds(work, 1))
            if time.perf_counter() >= end:
                break
        if shortest > 1000 or (stretch >= 2 and shortest > 0.95 * before):
            break
    return {"milliseconds": shortest}


def take_turn(work, turn):
    for _ in range(turn["uncounted"]):
        work.run()
    samples = [milliseconds(work, turn["callsPerSample"]) for _ in range(turn["samples"])]
    return {"samples": samples}


work = None


def answer(request):
    global work
    operation = request["op"]
    if operation == "open":
        torch.set_num_threads(request["threads"])
        return {"version": torch.__version__, "threads": torch.get_num_threads()}
    if operation == "prepare":
        kinds = {"lenet5": lenet, "resnet20": resnet20}
        job = request["job"]
        if job["kind"] == "network":
            return {"unsupported": "reads no ONNX files"}
        work = kinds.get(job["kind"], Convolution)(job, request["data"])
        return {"unsupported": None}
    if operation == "outputs":
        results = work.outputs()
        for name, values in results.items():
            write(f"{request['prefix']}.{name}.f32", values)
        return {"names": list(results)}
    if operation == "warm":
        return warm(work, request["milliseconds"])
    return take_turn(work, request["turn"])


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # every failure is an answer
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
