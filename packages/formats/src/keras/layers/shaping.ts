/** Layers that move cells: padding, cropping, enlarging, and other shapes for the same numbers. */
import { broadcastTo, flatten, nn, permute, reshape, type Tensor, unsqueeze } from 'striate'
import type { Config, Json } from '../config.ts'
import { type LayerBuilder, onlyInput } from '../layer.ts'
import {
  checkSpace,
  elementsOf,
  layoutOf,
  type Rank,
  type Shape,
  type Size,
  showShape,
  spaceOf,
  withSpace,
} from '../shapes.ts'

type Pair = readonly [low: number, high: number]

/** Cells at both ends of each axis: a number for all, one per axis, or two per axis. */
function pairsOf(config: Config, name: string, rank: Rank): Pair[] {
  const value = config.get(name) ?? 1
  const isCells = (each: Json): boolean =>
    Number.isSafeInteger(each) && (each as number) >= 0 && (each as number) < 2 ** 31
  const isPair = (each: Json): each is [number, number] =>
    Array.isArray(each) && each.length === 2 && each.every(isCells)
  if (isCells(value)) return Array.from({ length: rank }, () => [value as number, value as number])
  if (rank === 1 && isPair(value)) return [value]
  if (Array.isArray(value) && value.length === rank) {
    if (value.every(isPair)) return value
    if (value.every(isCells)) return value.map((each): Pair => [each as number, each as number])
  }
  return config.refuse(name, `must be a whole number, ${rank} of them, or ${rank} pairs`)
}

type Pad = (
  cells: readonly Pair[],
  options: { readonly layout: ReturnType<typeof layoutOf> },
) => nn.Layer
const pads = { 1: nn.zeroPad1d, 2: nn.zeroPad2d, 3: nn.zeroPad3d } as unknown as Readonly<
  Record<Rank, Pad>
>

const padding =
  (name: 'padding' | 'cropping', rank: Rank): LayerBuilder =>
  (context) => {
    const { config } = context
    const input = onlyInput(context)
    checkSpace(config, input, rank)
    const layout = layoutOf(config)
    const sign = name === 'padding' ? 1 : -1
    const pairs = pairsOf(config, name, rank).map(([low, high]): Pair => [sign * low, sign * high])
    const space = spaceOf(input, layout).map((size, axis): Size => {
      const [low, high] = pairs[axis]!
      if (size === null) return null
      if (size + low + high < 1) config.refuse(name, `must leave a cell of ${size}`)
      return size + low + high
    })
    const layer = pads[rank](pairs, { layout })
    return { layers: [layer], output: withSpace(input, layout, space), weights: [] }
  }

const enlarging =
  (rank: Rank): LayerBuilder =>
  (context) => {
    const { config } = context
    const input = onlyInput(context)
    checkSpace(config, input, rank)
    const layout = rank === 1 ? 'channels-last' : layoutOf(config)
    const factors = config.sizes('size', rank, 2)
    const mode =
      rank === 2 ? config.oneOf('interpolation', ['nearest', 'bilinear'], 'nearest') : 'nearest'
    const layer = nn.upsample({ scaleFactor: factors, mode, layout })
    const space = spaceOf(input, layout).map((size, axis) => size && size * factors[axis]!)
    return { layers: [layer], output: withSpace(input, layout, space), weights: [] }
  }

/** Images of another size; Keras's other ways of finding cells between cells differ from backend to backend. */
const resizing: LayerBuilder = (context) => {
  const { config } = context
  const input = onlyInput(context)
  checkSpace(config, input, 2)
  const layout = layoutOf(config)
  const size = ['height', 'width'].map((name) => config.whole(name, undefined, 1))
  const mode = config.oneOf('interpolation', ['bilinear'], 'bilinear')
  config.mustBeEmpty('crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'antialias')
  const layer = nn.upsample({ size, mode, layout })
  return { layers: [layer], output: withSpace(input, layout, size), weights: [] }
}

/** Keras flattens with the channels last, wherever they lie. */
const flattening: LayerBuilder = (context) => {
  const { config } = context
  const input = onlyInput(context)
  const isFirst = layoutOf(config) === 'channels-first' && input.length > 2
  const order = [0, ...input.slice(2).map((_, axis) => axis + 2), 1]
  const layers =
    input.length < 2
      ? [nn.lambda((x) => reshape(x, [x.shape[0]!, 1]), 'Flatten')]
      : isFirst
        ? [nn.lambda((x) => flatten(permute(x, order), 1), 'Flatten')]
        : [nn.flatten()]
  return { layers, output: [input[0] ?? null, elementsOf(input)], weights: [] }
}

const reshaping: LayerBuilder = (context) => {
  const { config } = context
  const input = onlyInput(context)
  const given = config.list('target_shape')
  const isSize = (size: Json): size is number =>
    Number.isSafeInteger(size) && (size as number) >= -1 && (size as number) < 2 ** 31
  // Keras writes a size that it does not know as null.
  const target = given.map((size) =>
    size === null
      ? -1
      : isSize(size)
        ? size
        : config.refuse('target_shape', 'must be whole numbers'),
  )
  const open = target.filter((size) => size === -1).length
  const known = target.reduce((all, size) => (size === -1 ? all : all * size), 1)
  const count = elementsOf(input)
  const fits = count === null || (open === 1 ? count % known === 0 : count === known)
  if (open > 1 || !fits)
    config.refuse('target_shape', `must hold the elements of ${showShape(input)}`)
  const output: Shape = [
    input[0] ?? null,
    ...target.map((size) => (size !== -1 ? size : count === null ? null : count / known)),
  ]
  const layer = nn.lambda(
    (x) => reshape(x, [x.shape[0]!, ...sizesFor(x, target, known)]),
    'Reshape',
  )
  return { layers: [layer], output, weights: [] }
}

/** The target with its open size filled in. */
const sizesFor = (x: Tensor, target: readonly number[], known: number): number[] => {
  const count = x.shape.slice(1).reduce((all, size) => all * size, 1)
  return target.map((size) => (size === -1 ? count / known : size))
}

const permuting: LayerBuilder = (context) => {
  const { config } = context
  const input = onlyInput(context)
  const dims = config.sizes('dims', input.length - 1)
  const order = [0, ...dims]
  if (new Set(order).size !== input.length || Math.max(...order) >= input.length)
    config.refuse('dims', `must be the numbers from 1 to ${input.length - 1}, each once`)
  const output = order.map((axis) => input[axis]!)
  return { layers: [nn.lambda((x) => permute(x, order), 'Permute')], output, weights: [] }
}

const repeating: LayerBuilder = (context) => {
  const { config } = context
  const input = onlyInput(context)
  const count = config.whole('n', undefined, 1)
  if (input.length !== 2)
    config.refuse('n', `must be of an input with two axes, got ${showShape(input)}`)
  const repeat = (x: Tensor): Tensor =>
    broadcastTo(unsqueeze(x, 1), [x.shape[0]!, count, x.shape[1]!])
  const output = [input[0]!, count, input[1]!]
  return { layers: [nn.lambda(repeat, 'RepeatVector')], output, weights: [] }
}

const identity: LayerBuilder = (context) => ({
  layers: [nn.identity()],
  output: onlyInput(context),
  weights: [],
})

export const shapingLayers: Readonly<Record<string, LayerBuilder>> = {
  ZeroPadding1D: padding('padding', 1),
  ZeroPadding2D: padding('padding', 2),
  ZeroPadding3D: padding('padding', 3),
  Cropping1D: padding('cropping', 1),
  Cropping2D: padding('cropping', 2),
  Cropping3D: padding('cropping', 3),
  UpSampling1D: enlarging(1),
  UpSampling2D: enlarging(2),
  UpSampling3D: enlarging(3),
  Resizing: resizing,
  Flatten: flattening,
  Reshape: reshaping,
  Permute: permuting,
  RepeatVector: repeating,
  Identity: identity,
}
