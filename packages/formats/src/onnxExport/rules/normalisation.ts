/** Normalisations: by statistics that are given, of each sample and channel, of the last axes, of neighbouring channels. */
import { beneath, binary, channelVector, mean, square, unary, withNumber } from '../match.ts'
import { windowsOf } from '../primitives/axisMap.ts'
import { range, sameShape, type Vertex } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'

/** `variance` and `eps` of `1/√(variance + eps)`. */
function inverseRoot(vertex: Vertex): { readonly of: Vertex; readonly eps: number } | null {
  const root = unary(vertex, 'reciprocal')
  const sum = root && unary(root, 'sqrt')
  const found = sum && withNumber(sum, 'add')
  return found ? { of: found.x, eps: found.value } : null
}

/** The vector, or so many of one value where there is none. */
const vectorOr = (
  w: Writer,
  vector: Vertex | null,
  shape: readonly number[],
  value: number,
  like: Vertex,
): string =>
  vector ? w.value(vector) : w.filled(shape, value, like.dtype, value === 1 ? 'scale' : 'shift')

/** `(x − mean) · (1/√(variance + eps) · weight) + bias`, with a value for each channel at axis 1. */
export function batchNormalization(vertex: Vertex): Translation | null {
  const rank = vertex.shape.length
  const sum = binary(vertex, 'add')
  const bias = sum && channelVector(sum[1], rank)
  const product = binary(bias ? sum[0] : vertex, 'mul')
  const difference = product && binary(product[0], 'sub')
  const centre = difference && channelVector(difference[1], rank)
  if (!centre) return null
  const [x] = difference
  const both = binary(product[1], 'mul')
  const weight = both && channelVector(both[1], rank)
  const inverse = inverseRoot(weight ? both[0] : product[1])
  const variance = inverse && channelVector(inverse.of, rank)
  if (!variance || x.dtype !== vertex.dtype || x.shape.length !== rank) return null
  const channels = [x.shape[1]!]
  const vectors = [weight, bias, centre, variance].filter((vector) => vector !== null)
  const fits = vectors.every(({ shape, dtype }) => sameShape(shape, channels) && dtype === x.dtype)
  if (!fits) return null
  return {
    reads: [x, ...vectors],
    write(w) {
      const scale = vectorOr(w, weight, channels, 1, x)
      const shift = vectorOr(w, bias || null, channels, 0, x)
      const inputs = [w.value(x), scale, shift, w.value(centre), w.value(variance)]
      return w.node('BatchNormalization', inputs, { epsilon: { float: inverse.eps } })
    },
  }
}

interface Standardised {
  readonly x: Vertex
  readonly axes: readonly number[]
  readonly eps: number
  readonly weight: Vertex | null
}

/** `x − mean x` over axes. */
function centred(vertex: Vertex): Pick<Standardised, 'x' | 'axes'> | null {
  const difference = binary(vertex, 'sub')
  const found = difference && mean(difference[1])
  if (!found?.keepDims || found.x !== difference![0]) return null
  return { x: found.x, axes: found.axes }
}

/** `centred/√(mean square + eps)`. */
function standardisedBy(
  numerator: Vertex,
  inverse: Vertex,
  weight: Vertex | null,
): Standardised | null {
  const found = centred(numerator)
  const root = found && inverseRoot(inverse)
  const variance = root && mean(root.of)
  if (!variance?.keepDims || square(variance.x) !== numerator) return null
  if (!sameShape(variance.axes, found!.axes)) return null
  return { ...found!, eps: root!.eps, weight }
}

/** The same, times a weight in any of the places where the library multiplies it. */
function standardised(vertex: Vertex): Standardised | null {
  const product = binary(vertex, 'mul')
  if (!product) return null
  const [left, right] = product
  const plain = standardisedBy(left, right, null)
  if (plain) return plain
  const small = binary(right, 'mul')
  const folded = small && standardisedBy(left, small[0], small[1])
  if (folded) return folded
  const inner = binary(left, 'mul')
  return inner && standardisedBy(inner[0], inner[1], right)
}

/** With and without a shift. */
function* readings(
  vertex: Vertex,
): Generator<{ readonly found: Standardised; readonly bias: Vertex | null }> {
  const sum = binary(vertex, 'add')
  const shifted = sum && standardised(sum[0])
  if (shifted) yield { found: shifted, bias: sum[1] }
  const plain = standardised(vertex)
  if (plain) yield { found: plain, bias: null }
}

/** Each channel of each sample over its space. */
export function instanceNormalization(vertex: Vertex): Translation | null {
  for (const { found, bias } of readings(vertex)) {
    const { x, axes, eps } = found
    const rank = x.shape.length
    if (rank < 3 || x.dtype !== 'float32' || !sameShape(axes, range(rank - 2, 2))) continue
    const weight = found.weight && channelVector(found.weight, rank)
    const shift = bias && channelVector(bias, rank)
    if ((found.weight && !weight) || (bias && !shift)) continue
    const channels = [x.shape[1]!]
    return {
      reads: [x, ...[weight, shift].filter((vector) => vector !== null)],
      write(w) {
        const scale = vectorOr(w, weight, channels, 1, x)
        const inputs = [w.value(x), scale, vectorOr(w, shift, channels, 0, x)]
        return w.node('InstanceNormalization', inputs, { epsilon: { float: eps } })
      },
    }
  }
  return null
}

/** Each sample over its last axes. */
export function layerNormalization(vertex: Vertex): Translation | null {
  for (const { found, bias } of readings(vertex)) {
    const { x, axes, eps, weight } = found
    const rank = x.shape.length
    const axis = axes[0]!
    if (!sameShape(axes, range(rank - axis, axis))) continue
    const shape = x.shape.slice(axis)
    const fits = [weight, bias].every((each) => each === null || sameShape(each.shape, shape))
    if (!fits) continue
    return {
      reads: [x, ...[weight, bias].filter((each) => each !== null)],
      write(w) {
        const inputs = [w.value(x), vectorOr(w, weight, shape, 1, x)]
        if (bias) inputs.push(w.value(bias))
        return w.node('LayerNormalization', inputs, { axis, epsilon: { float: eps } })
      },
    }
  }
  return null
}

/** `x/(k + alpha/size · Σ x²)^beta` over channels nearby. */
export function localResponse(vertex: Vertex): Translation | null {
  const quotient = binary(vertex, 'div')
  const power = quotient && withNumber(quotient[1], 'pow')
  const sum = power && withNumber(power.x, 'add')
  const scaled = sum && withNumber(sum.x, 'mul')
  const activity = beneath(scaled?.x, 'axisMap')
  const x = activity && square(activity.inputs[0]!)
  if (!x || x !== quotient![0] || x.shape.length !== 4 || x.dtype !== 'float32') return null
  const windows = windowsOf(activity.attributes.maps)
  const [window] = windows?.axes ?? []
  if (!window || windows!.axes.length !== 1 || windows!.space[0] !== 1) return null
  const { kernel: size, stride, dilation, low, input, output } = window
  // ONNX's window begins ⌊(size − 1)/2⌋ before; PyTorch's of an even size begins one earlier.
  const isOnnx = stride === 1 && dilation === 1 && input === output && low === (size - 1) >> 1
  if (!isOnnx) return null
  return {
    reads: [x],
    write: (w) =>
      w.node('LRN', [w.value(x)], {
        size,
        alpha: { float: scaled!.value * size },
        beta: { float: power!.value },
        bias: { float: sum!.value },
      }),
  }
}
