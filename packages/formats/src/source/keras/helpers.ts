/** What generated Keras programs bring along where Keras has no word of its own. */

interface Helper {
  readonly code: string
  readonly needs?: readonly string[]
}

const helpers: Readonly<Record<string, Helper>> = {
  Weight: {
    code: `class Weight(layers.Layer):
    """A weight that no layer of Keras has; gives it to the operations that read it."""

    def __init__(self, shape, **options):
        super().__init__(**options)
        self.value = self.add_weight(shape=shape, name="value")

    def call(self, x):
        return ops.convert_to_tensor(self.value)

    def compute_output_shape(self, input_shape):
        return tuple(self.value.shape)

    def compute_output_spec(self, x):
        return keras.KerasTensor(tuple(self.value.shape), dtype=self.value.dtype)`,
  },
  cells_of: {
    code: `def cells_of(x, axis, start, stop, step=1):
    """A slice along one axis."""
    return x[(slice(None),) * axis + (slice(start, stop, step),)]`,
  },
  pad_axis: {
    needs: ['cells_of'],
    code: `def pad_axis(x, axis, low, high, mode, value=0.0):
    """Cells before and after one axis; negative counts crop."""
    size = x.shape[axis]
    if low < 0 or high < 0:
        x = cells_of(x, axis, max(-low, 0), size - max(-high, 0))
        return pad_axis(x, axis, max(low, 0), max(high, 0), mode, value)
    if mode == "zeros":
        widths = [(0, 0)] * len(x.shape)
        widths[axis] = (low, high)
        return ops.pad(x, widths, constant_values=value)
    if mode == "circular":
        parts = [cells_of(x, axis, size - low, size), x, cells_of(x, axis, 0, high)]
    elif mode == "reflect":
        before = ops.flip(cells_of(x, axis, 1, low + 1), axis)
        after = ops.flip(cells_of(x, axis, size - 1 - high, size - 1), axis)
        parts = [before, x, after]
    else:
        before = ops.repeat(cells_of(x, axis, 0, 1), low, axis=axis)
        after = ops.repeat(cells_of(x, axis, size - 1, size), high, axis=axis)
        parts = [before, x, after]
    kept = [part for part, count in zip(parts, (low, size, high)) if count > 0]
    return ops.concatenate(kept, axis=axis) if len(kept) > 1 else x`,
  },
  windows: {
    needs: ['pad_axis', 'cells_of'],
    code: `def windows(x, axis, kernel, stride, dilation, low, high, value):
    """The cells that each tap of the windows along one axis meets, a tensor per tap."""
    x = pad_axis(x, axis, low, high, "zeros", value)
    last = x.shape[axis] - dilation * (kernel - 1)
    starts = [tap * dilation for tap in range(kernel)]
    return [cells_of(x, axis, start, start + last, stride) for start in starts]`,
  },
  window_sum: {
    needs: ['windows'],
    code: `def window_sum(x, axis, kernel, stride, dilation, low, high):
    return sum(windows(x, axis, kernel, stride, dilation, low, high, 0.0))`,
  },
  window_max: {
    needs: ['windows'],
    code: `def window_max(x, axis, kernel, stride, dilation, low, high):
    first, *others = windows(x, axis, kernel, stride, dilation, low, high, -float("inf"))
    for other in others:
        first = ops.maximum(first, other)
    return first`,
  },
  map_axis: {
    code: `def map_axis(x, axis, rank, rows):
    """A linear map along one axis: a row of coefficients for each output cell."""
    y = ops.tensordot(x, np.array(rows, "float32"), axes=([axis], [1]))
    order = list(range(rank - 1))
    order.insert(axis, rank - 1)
    return ops.transpose(y, order)`,
  },
  nearest: {
    code: `def nearest(x, axis, cells, wanted, scale, half):
    """The nearest cell for each of the wanted ones."""
    places = [min(int((cell + half) * scale), cells - 1) for cell in range(wanted)]
    return ops.take(x, np.array(places), axis=axis)`,
  },
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
