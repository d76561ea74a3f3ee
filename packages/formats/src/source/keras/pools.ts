/** Pooling layers as Keras's, which pad and count in other ways. */
import type { LayerCall } from '../description.ts'
import { number, sizes, tuple } from '../python/literals.ts'
import { call } from '../text.ts'
import { countsOf, fullPads, type Pair, type PoolSettings, poolOf } from '../windows.ts'
import type { Flow, Held } from './flow.ts'
import { formatWord, type LayerPlace, words } from './write.ts'

/** Null for dilated windows, which operations lay out. */
export function poolLayer(layerCall: LayerCall, x: Held, { flow }: LayerPlace): Held | null {
  const settings = poolOf(layerCall.module)
  const { rank, how, kernel, stride, layout } = settings
  if (settings.dilation.some((each) => each !== 1)) return null
  const channel = layout === 'channels-last' ? rank + 1 : 1
  const first = layout === 'channels-last' ? 1 : 2
  const ready = flow.layered(x, channel)
  const full = fullPads(settings).map(([low, high]): Pair => [low, Math.max(high, 0)])
  const strides = stride.every((each, a) => each === kernel[a]) ? '' : `strides=${sizes(stride)}`
  const kind = how === 'max' ? 'Max' : 'Average'
  const pool = `layers.${kind}Pooling${rank}D(${words(sizes(kernel), strides, formatWord(flow))})`
  const outside = how === 'max' ? ['constant_values=-float("inf")'] : []
  const pairs = ready.order.map((axis) => {
    const pair = axis < first ? undefined : full[axis - first]
    return axis === channel || pair === undefined ? '(0, 0)' : tuple([...pair])
  })
  const isPadded = full.some(([low, high]) => low !== 0 || high !== 0)
  const padded = isPadded
    ? flow.state([ready], ready.type, ready.order, ([name]) =>
        call('ops.pad', name!, tuple(pairs), ...outside),
      )
    : ready
  const y = flow.state([padded], layerCall.output, ready.order, ([name]) => `${pool}(${name})`)
  return how === 'max' ? y : counted(y, settings, first, flow)
}

/** Keras divides by the kernel; where windows count fewer cells, or another number, that is made up for. */
function counted(y: Held, settings: PoolSettings, first: number, flow: Flow): Held {
  const { kernel, divisorOverride } = settings
  const cells = kernel.reduce((all, taps) => all * taps, 1)
  if (divisorOverride !== null)
    return flow.state(
      [y],
      y.type,
      y.order,
      ([name]) => `${name} * ${number(cells / divisorOverride)}`,
    )
  return kernel.reduce((value, taps, a) => {
    const counts = countsOf(settings, a)
    if (counts.every((count) => count === taps)) return value
    const shape = y.order.map((axis) => (axis === first + a ? counts.length : 1))
    const factors = counts.map((count) => number(taps / count)).join(', ')
    const text = `np.array([${factors}], "float32").reshape(${tuple(shape)})`
    return flow.state([value], y.type, y.order, ([name]) => `${name} * ${text}`)
  }, y)
}
