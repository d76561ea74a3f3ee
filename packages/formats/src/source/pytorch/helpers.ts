/** What generated PyTorch programs bring along where PyTorch has no word of its own. */

export interface Helper {
  readonly code: string
  readonly needs?: readonly string[]
}

/** By name; a program holds those that it uses. */
export const helpers: Readonly<Record<string, Helper>> = {
  Block: {
    code: `class Block(nn.Module):
    """Layers by name, and parameters and buffers of its own."""

    def __init__(self, layers=(), parameters=(), buffers=()):
        super().__init__()
        for name, layer in dict(layers).items():
            self.add_module(name, layer)
        for name, shape in dict(parameters).items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        for name, shape in dict(buffers).items():
            self.register_buffer(name, torch.zeros(shape))`,
  },
  ...paddedConvolution(1),
  ...paddedConvolution(2),
  ...paddedConvolution(3),
  ...croppedTranspose(1),
  ...croppedTranspose(2),
  ...croppedTranspose(3),
  pad_axis: {
    code: `def pad_axis(x, axis, low, high, mode="constant", value=0.0):
    """Cells before and after one axis; negative counts crop."""
    x = x.movedim(axis, -1)
    shape = x.shape
    flat = x.reshape(1, -1, shape[-1])
    options = {"value": value} if mode == "constant" else {}
    flat = F.pad(flat, (low, high), mode, **options)
    return flat.reshape(*shape[:-1], flat.shape[-1]).movedim(-1, axis)`,
  },
  windows: {
    needs: ['pad_axis'],
    code: `def windows(x, axis, kernel, stride, dilation, low, high, value):
    """The cells that each tap of the windows along one axis meets, a tensor per tap."""
    x = pad_axis(x, axis, low, high, value=value).movedim(axis, -1)
    last = x.shape[-1] - dilation * (kernel - 1)
    starts = [tap * dilation for tap in range(kernel)]
    return [x[..., start : start + last : stride].movedim(-1, axis) for start in starts]`,
  },
  window_sum: {
    needs: ['windows'],
    code: `def window_sum(x, axis, kernel, stride, dilation, low, high):
    return sum(windows(x, axis, kernel, stride, dilation, low, high, 0.0))`,
  },
  window_max: {
    needs: ['windows'],
    code: `def window_max(x, axis, kernel, stride, dilation, low, high):
    taps = windows(x, axis, kernel, stride, dilation, low, high, -float("inf"))
    return torch.stack(taps).amax(0)`,
  },
  map_axis: {
    code: `def map_axis(x, axis, rows):
    """A linear map along one axis: a row of coefficients for each output cell."""
    return (x.movedim(axis, -1) @ x.new_tensor(rows).T).movedim(-1, axis)`,
  },
  place: {
    code: `def place(x, shape, cells):
    """Zeros of a shape with x laid into some of the cells."""
    y = x.new_zeros(shape)
    y[cells] = x
    return y`,
  },
}

function paddedConvolution(rank: number): Record<string, Helper> {
  return {
    [`PaddedConv${rank}d`]: {
      code: `class PaddedConv${rank}d(nn.Conv${rank}d):
    """A convolution of an input that is padded by other counts before than after."""

    def __init__(self, *sizes, pads, mode="constant", **options):
        super().__init__(*sizes, **options)
        self.pads = pads
        self.mode = mode

    def forward(self, x):
        return super().forward(F.pad(x, self.pads, self.mode))`,
    },
  }
}

function croppedTranspose(rank: number): Record<string, Helper> {
  return {
    [`CroppedConvTranspose${rank}d`]: {
      code: `class CroppedConvTranspose${rank}d(nn.ConvTranspose${rank}d):
    """A transposed convolution whose output is cropped by other counts before than after."""

    def __init__(self, *sizes, crops, **options):
        super().__init__(*sizes, **options)
        self.crops = crops

    def forward(self, x):
        return F.pad(super().forward(x), [-cells for cells in self.crops])`,
    },
  }
}

/** The code of helpers and of what they need, each once, in the order of the table. */
export function helperCode(used: ReadonlySet<string>): string[] {
  const wanted = new Set<string>()
  const add = (name: string): void => {
    wanted.add(name)
    for (const other of helpers[name]!.needs ?? []) add(other)
  }
  for (const name of used) add(name)
  return Object.entries(helpers).flatMap(([name, { code }]) => (wanted.has(name) ? [code] : []))
}

/** Names that programs use themselves. */
export const helperNames: readonly string[] = Object.keys(helpers)
