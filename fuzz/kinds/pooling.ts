/** Pooling of every kind, and its gradient. */
import type { Data, Kind } from '../kind.ts'

interface PoolingAxis extends Data {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly low: number
  readonly high: number
}

export interface PoolingData extends Data {
  readonly operator: string
  readonly batch: number
  readonly channels: number
  readonly axes: readonly PoolingAxis[]
  readonly ceilMode: boolean
  readonly countIncludePad: boolean
  readonly layout: string
  readonly gradient: boolean
}

export const pooling: Kind<PoolingData> = {
  name: 'pooling',
  draw(random) {
    const rank = random.integer(1, 4)
    return {
      operator: random.pick(['maxPool', 'avgPool', 'adaptiveAvgPool', 'adaptiveMaxPool']),
      batch: random.small(1, 4),
      channels: random.small(1, 40),
      axes: random.list(rank, () => {
        const kernel = random.integer(1, 4)
        return {
          input: random.integer(1, [200, 30, 10, 5][rank - 1]!),
          kernel,
          stride: random.integer(1, 4),
          dilation: random.small(1, 3),
          low: random.small(0, Math.floor(kernel / 2)),
          high: random.small(0, Math.floor(kernel / 2)),
        }
      }),
      ceilMode: random.chance(0.4),
      countIncludePad: random.chance(0.5),
      layout: random.chance(0.5) ? 'channels-first' : 'channels-last',
      gradient: random.chance(0.6),
    }
  },
  build(p, script) {
    const space = p.axes.map(({ input }) => input)
    const shape =
      p.layout === 'channels-last'
        ? [p.batch, ...space, p.channels]
        : [p.batch, p.channels, ...space]
    const x = script.leaf('x', shape)
    const kernel = p.axes.map((axis) => axis.kernel)
    const { layout } = p
    const options = p.operator.startsWith('adaptive')
      ? { layout }
      : {
          layout,
          stride: p.axes.map((axis) => axis.stride),
          padding: p.axes.map((axis) => [axis.low, axis.high]),
          ceilMode: p.ceilMode,
          ...(p.operator === 'maxPool'
            ? { dilation: p.axes.map((axis) => axis.dilation) }
            : { countIncludePad: p.countIncludePad }),
        }
    const y = script.call(p.operator, x, kernel, options)
    return [y, ...(p.gradient ? script.gradients(y, [x]) : [])]
  },
}
