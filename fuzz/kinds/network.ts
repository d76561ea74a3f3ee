/** A few layers around convolutions: activations, residuals, scales, pooling, movements, and what fuses with what. */
import type { Data, Kind } from '../kind.ts'
import type { Random } from '../random.ts'
import type { Named, Script } from '../script.ts'
import { type ConvolutionData, convolve } from './convolution.ts'

interface Layer extends Data {
  readonly op: string
  /** Meaning of the number: channels, window, or which earlier result. */
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly flag: boolean
  /** The result is asked for too, so that it cannot vanish into what reads it. */
  readonly asked: boolean
}

interface NetworkData extends Data {
  readonly batch: number
  readonly channels: number
  readonly space: readonly number[]
  readonly layout: string
  readonly layers: readonly Layer[]
  readonly gradient: boolean
}

const functions = ['relu', 'relu6', 'leakyRelu', 'tanh', 'sigmoid', 'silu', 'gelu', 'square', 'abs']

const ops = [
  ...['conv', 'conv', 'conv', 'conv', 'depthwise', 'transposed', 'pointwise'],
  ...['activation', 'activation', 'activation', 'residual', 'residual', 'scale', 'scale'],
  ...['maxPool', 'avgPool', 'normalise', 'softmax', 'permute', 'concat', 'pad', 'slice', 'mean'],
]

const drawLayer = (random: Random): Layer => ({
  op: random.pick(ops),
  size: random.small(1, 24),
  kernel: random.pick([1, 2, 3, 3, 3, 5]),
  stride: random.chance(0.8) ? 1 : 2,
  flag: random.chance(0.5),
  asked: random.chance(0.15),
})

export const network: Kind<NetworkData> = {
  name: 'network',
  draw(random) {
    const rank = random.pick([1, 2, 2, 2, 3])
    return {
      batch: random.small(1, 4),
      channels: random.small(1, 24),
      space: random.list(rank, () => random.integer(1, [80, 18, 7][rank - 1]!)),
      layout: random.chance(0.5) ? 'channels-first' : 'channels-last',
      layers: random.list(random.integer(1, 7), () => drawLayer(random)),
      gradient: random.chance(0.5),
    }
  },
  build(n, script) {
    const isLast = n.layout === 'channels-last'
    const shape = isLast ? [n.batch, ...n.space, n.channels] : [n.batch, n.channels, ...n.space]
    const x = script.leaf('x', shape)
    const state: State = { isLast, results: [x], parameters: [x] }
    const asked: Named[] = []
    for (const [i, layer] of n.layers.entries()) {
      const y = apply(script, state, layer, i)
      if (y === null) continue
      state.results.push(y)
      if (layer.asked) asked.push(y)
    }
    const last = state.results.at(-1)!
    const found = n.gradient ? script.gradients(last, state.parameters) : []
    return [...new Set([...asked, last]), ...found]
  },
}

interface State {
  readonly isLast: boolean
  readonly results: Named[]
  readonly parameters: Named[]
}

/** A layer on what came before, or null where it does not fit. */
function apply(script: Script, state: State, layer: Layer, index: number): Named | null {
  const { isLast, results } = state
  const x = results.at(-1)!
  const { shape } = x.tensor
  const layout = isLast ? 'channels-last' : 'channels-first'
  const rank = shape.length - 2
  const channelAxis = isLast ? rank + 1 : 1
  const channels = shape[channelAxis]!
  const space = isLast ? shape.slice(1, -1) : shape.slice(2)
  const padding = space.map(() => Math.floor(layer.kernel / 2))
  const parameter = (name: string, of: readonly number[]): Named => {
    const made = script.leaf(`${name}${index}`, of)
    state.parameters.push(made)
    return made
  }
  const ofChannels = isLast ? [channels] : [channels, ...space.map(() => 1)]
  switch (layer.op) {
    case 'conv':
    case 'pointwise':
    case 'depthwise':
    case 'transposed': {
      const kernel = layer.op === 'pointwise' ? 1 : layer.kernel
      if (space.some((size) => size + 2 * Math.floor(kernel / 2) < kernel)) return null
      const isDepthwise = layer.op === 'depthwise'
      const c: ConvolutionData = {
        transposed: layer.op === 'transposed',
        batch: shape[0]!,
        groups: isDepthwise ? channels : 1,
        inputs: isDepthwise ? 1 : channels,
        outputs: isDepthwise ? 1 : layer.size,
        axes: space.map((input) => ({
          input,
          kernel,
          stride: layer.stride,
          dilation: 1,
          low: Math.floor(kernel / 2),
          high: Math.floor(kernel / 2),
          outputPadding: 0,
        })),
        paddingMode: 'zeros',
        layout,
        bias: layer.flag,
        forward: true,
        inputGradient: true,
        weightGradient: true,
      }
      const { y, weight, bias } = convolve(script, c, x, String(index))
      state.parameters.push(weight, ...(bias ? [bias] : []))
      // Sums of many products grow; the next layers are to see values of one size.
      const terms = c.inputs * kernel ** rank
      return terms > 16 ? script.call('mul', y, 1 / Math.round(Math.sqrt(terms))) : y
    }
    case 'activation':
      return script.call(functions[(layer.size + index) % functions.length]!, x)
    case 'residual': {
      const same = results.filter(
        ({ tensor }) => tensor.shape.join() === shape.join() && tensor !== x.tensor,
      )
      if (same.length === 0) return script.call('add', x, parameter('r', shape))
      return script.call(layer.flag ? 'add' : 'sub', x, same[layer.size % same.length])
    }
    case 'scale': {
      const scaled = script.call('mul', x, parameter('s', ofChannels))
      return layer.flag ? script.call('add', scaled, parameter('t', ofChannels)) : scaled
    }
    case 'maxPool':
    case 'avgPool': {
      const options = { stride: layer.stride, padding, layout, ceilMode: layer.flag }
      return space.every((size) => size >= layer.kernel)
        ? script.call(layer.op, x, layer.kernel, options)
        : null
    }
    case 'normalise': {
      const groups = channels % 2 === 0 && layer.flag ? 2 : 1
      return script.call('groupNorm', x, groups, { layout, eps: 0.1 })
    }
    case 'softmax':
      return script.call('softmax', x, { axis: layer.flag ? channelAxis : -1 })
    case 'permute': {
      const axes = shape.map((_, axis) => axis)
      const a = 1 + (layer.size % (rank + 1))
      ;[axes[a], axes[rank + 1]] = [axes[rank + 1]!, axes[a]!]
      return script.call('permute', x, axes)
    }
    case 'concat': {
      const fits = results.filter(({ tensor }) =>
        tensor.shape.every((size, axis) => axis === channelAxis || size === shape[axis]),
      )
      return script.call('concat', [x, fits[layer.size % fits.length]], channelAxis)
    }
    case 'pad':
      return script.call('pad', x, [[layer.kernel, layer.stride]], {
        mode: layer.flag ? 'constant' : 'replicate',
      })
    case 'slice': {
      const axis = layer.size % shape.length
      if (shape[axis]! < 2) return null
      const starts = shape.map((_, a) => (a === axis ? 1 : 0))
      return script.call(
        'slice',
        x,
        starts,
        shape.map((size) => size),
      )
    }
    default:
      return script.call('mean', x, { axes: [layer.size % shape.length], keepDims: true })
  }
}
