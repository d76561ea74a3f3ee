/** The shapes that are compared: a convolution in numbers, its tensors, and its nominal work. */

/** As a shape stands in shapes.json; a number holds for every axis. */
export interface ShapeRecord {
  readonly name: string
  readonly rank: number
  readonly n: number
  readonly cin: number
  readonly cout: number
  readonly in: readonly number[]
  readonly k: readonly number[]
  readonly s: number | readonly number[]
  readonly p: number | readonly number[]
  readonly d: number | readonly number[]
  readonly g: number
  /** Transposed. */
  readonly t?: boolean
}

/** One convolution, channels first. Padding is the same before and after an axis. */
export interface Shape {
  readonly name: string
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly input: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly dilation: readonly number[]
  readonly groups: number
  readonly transposed: boolean
}

export function readShape(record: ShapeRecord): Shape {
  const perAxis = (value: number | readonly number[]): readonly number[] =>
    typeof value === 'number' ? record.in.map(() => value) : value
  return {
    name: record.name,
    batch: record.n,
    inChannels: record.cin,
    outChannels: record.cout,
    input: record.in,
    kernel: record.k,
    stride: perAxis(record.s),
    padding: perAxis(record.p),
    dilation: perAxis(record.d),
    groups: record.g,
    transposed: record.t ?? false,
  }
}

export const product = (sizes: readonly number[]): number =>
  sizes.reduce((total, size) => total * size, 1)

/** Cells of the output along each axis. */
export function outputSpace(shape: Shape): number[] {
  const { input, kernel, stride, padding, dilation, transposed } = shape
  return input.map((cells, axis) => {
    const extent = dilation[axis]! * (kernel[axis]! - 1) + 1
    if (transposed) return (cells - 1) * stride[axis]! - 2 * padding[axis]! + extent
    return Math.floor((cells + 2 * padding[axis]! - extent) / stride[axis]!) + 1
  })
}

export const inputShape = (shape: Shape): number[] => [
  shape.batch,
  shape.inChannels,
  ...shape.input,
]

export const outputShape = (shape: Shape): number[] => [
  shape.batch,
  shape.outChannels,
  ...outputSpace(shape),
]

/** `[out, in / groups, ...kernel]`, and `[in, out / groups, ...kernel]` when transposed. */
export function weightShape(shape: Shape): number[] {
  const { inChannels, outChannels, groups, kernel, transposed } = shape
  return transposed
    ? [inChannels, outChannels / groups, ...kernel]
    : [outChannels, inChannels / groups, ...kernel]
}

/** Products of the definition, the ones with padding's zeros included: what every rate counts. */
export function multiplyAdds(shape: Shape): number {
  const { batch, inChannels, outChannels, groups, kernel, input, transposed } = shape
  const windows = product(transposed ? input : outputSpace(shape))
  return (batch * windows * inChannels * outChannels * product(kernel)) / groups
}
