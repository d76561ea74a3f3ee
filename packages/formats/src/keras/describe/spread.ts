/** Operations along single axes: cells are laid out as an image whose columns are the axis. */
import { type AxisOrder, identityOrder } from '../../source/keras/flow.ts'
import { type Held, under } from './chart.ts'
import { type Entry, padEntries } from './entry.ts'
import type { Charting, Reduction } from './values.ts'

/** The layout in which these axes of the network are the space of a value, if there is one. */
export function layoutOf(
  { order }: Held,
  axes: readonly number[],
): 'channels-last' | 'channels-first' | null {
  const rank = order.length
  if (rank < 3 || rank > 5 || axes.length !== rank - 2) return null
  const at = axes.map((axis) => order.indexOf(axis))
  if (at.every((place, a) => place === a + 1)) return 'channels-last'
  return at.every((place, a) => place === a + 2) ? 'channels-first' : null
}

const add = ({ chart, path }: Charting, entry: Entry, x: Held, order: AxisOrder): Held =>
  chart.add(entry, [x], { path: under(path, entry.className.toLowerCase()), order })

/** Entries one after the other, each of which keeps the order of the axes. */
export const inTurn = (charting: Charting, entries: readonly Entry[], x: Held): Held =>
  entries.reduce((value, entry) => add(charting, entry, value, value.order), x)

/** What `make` does to `[rows, cells, columns]`, where the cells are those from place `first` to `last` of the value. */
function asImage(
  charting: Charting,
  x: Held,
  [first, last]: readonly [number, number],
  make: (image: Held) => Held,
): Held {
  const { chart } = charting
  const sizes = x.shape.slice(1) as number[]
  const product = (list: readonly number[]): number => list.reduce((all, size) => all * size, 1)
  const parts = [sizes.slice(0, first - 1), sizes.slice(first - 1, last), sizes.slice(last)]
  const bare = { ...x, order: identityOrder(x.order.length) }
  const image = make(chart.reshaped(bare, parts.map(product), charting))
  const middle = [image.shape[2] as number, ...parts[1]!.slice(1).map(() => 1)]
  return {
    ...chart.reshaped(image, [...parts[0]!, ...middle, ...parts[2]!], charting),
    order: x.order,
  }
}

/** What `make` does along an axis of the network. */
export function alongAxis(
  charting: Charting,
  x: Held,
  axis: number,
  make: (image: Held) => Held,
): Held {
  const place = x.order.indexOf(axis)
  return asImage(charting, x, [place, place], make)
}

const format = { data_format: 'channels_last' }

/** Every `step`th cell from `begin`, `count` of them. */
export function cropped(
  x: Held,
  axis: number,
  { begin, step, count }: { readonly begin: number; readonly step: number; readonly count: number },
  charting: Charting,
): Held {
  const size = x.shape[x.order.indexOf(axis)] as number
  const after = size - begin - ((count - 1) * step + 1)
  if (begin === 0 && count === size) return x
  return alongAxis(charting, x, axis, (image) => {
    const cut = [
      [0, 0],
      [-begin, -after],
    ] as const
    const window = { pool_size: [1, 1], strides: [1, step], padding: 'valid', ...format }
    const entries = [
      ...padEntries(charting, cut, 'channels_last'),
      ...(step === 1 ? [] : [{ className: 'MaxPooling2D', config: window }]),
    ]
    return inTurn(charting, entries, image)
  })
}

/** The largest or the mean of cells along axes. */
export function reduced(
  kind: 'Max' | 'Average',
  { of, axes, shape }: Reduction,
  charting: Charting,
): Held {
  const { chart } = charting
  const layout = layoutOf(of, axes)
  // TensorFlow.js reduces series with the channels last alone.
  if (layout !== null && (axes.length > 1 || layout === 'channels-last')) {
    const className = `Global${kind}Pooling${axes.length}D`
    const config = { data_format: layout.replace('-', '_'), keepdims: false }
    return chart.reshaped(add(charting, { className, config }, of, [0, 1]), shape, charting)
  }
  const places = axes.map((axis) => of.order.indexOf(axis)).sort((a, b) => a - b)
  // Neighbours become one axis.
  const runs: [number, number][] = []
  for (const place of places) {
    const before = runs.at(-1)
    if (before !== undefined && before[1] === place - 1) before[1] = place
    else runs.push([place, place])
  }
  const small = runs.reduce(
    (value, run) =>
      asImage(charting, value, run, (image) => {
        const window = [1, image.shape[2] as number]
        const config = { pool_size: window, strides: window, padding: 'valid', ...format }
        return add(charting, { className: `${kind}Pooling2D`, config }, image, image.order)
      }),
    of,
  )
  return chart.reshaped(small, shape, charting)
}
