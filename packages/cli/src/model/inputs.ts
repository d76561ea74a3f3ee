/** The inputs of a network from a file: an array, several by name, or a picture. */
import { openNpz, type PortFacts } from '@striate/formats'
import {
  type ArrayData,
  type DType,
  decodeIdx,
  decodeNpy,
  readBytes,
  readMaybeGzip,
  StriateError,
  type TypedArray,
} from 'striate'
import { type Fit, type ImageOptions, isImageName, readImage } from './image.ts'
import { type Axes, dtypeOf, type Model } from './model.ts'

/** What was said about the input. */
export interface InputValues {
  readonly size: readonly number[] | undefined
  readonly mean: readonly number[] | undefined
  readonly std: readonly number[] | undefined
  readonly layout: Axes | undefined
  readonly fit: Fit | undefined
}

/** Values of one input, in the type that the network wants, with their batch. */
export interface InputArray {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TypedArray
}

const op = 'run'

/** Reads the inputs of the model. Throws where the file does not fit it. */
export async function readInputs(
  model: Model,
  path: string,
  values: InputValues,
): Promise<InputArray[]> {
  if (isImageName(path)) return [await pictureOf(model, path, values)]
  const said = Object.entries(values).find(([, value]) => value !== undefined)
  if (said !== undefined) {
    const needs = 'must go with a picture (PNG or JPEG)'
    throw new StriateError({ op, argument: `--${said[0]}`, needs, got: `--input ${path}` })
  }
  if (/\.npz$/i.test(path)) return namedInputs(model, path)
  const array = /idx\d-ubyte(\.gz)?$/i.test(path)
    ? idxArray(await readMaybeGzip(path))
    : decodeNpy(await readBytes(path))
  return [fitted(onlyInput(model, path), array, `'${path}'`)]
}

function onlyInput(model: Model, path: string): PortFacts {
  const [only, ...others] = model.inputs
  if (only !== undefined && others.length === 0) return only
  throw new StriateError({
    op,
    argument: '--input',
    needs: `must be an .npz file with ${model.inputs.map(({ name }) => `'${name}'`).join(', ')}`,
    got: `'${path}'`,
  })
}

async function namedInputs(model: Model, path: string): Promise<InputArray[]> {
  const file = await openNpz(path)
  const [port] = model.inputs
  const [name] = file.names
  if (port !== undefined && name !== undefined && model.inputs.length + file.names.length === 2)
    return [fitted(port, await file.read(name), `'${name}' of '${path}'`)]
  const arrays: InputArray[] = []
  for (const each of model.inputs) {
    if (!file.names.includes(each.name)) {
      const needs = `must hold '${each.name}'`
      throw new StriateError({ op, argument: `'${path}'`, needs, got: file.names.join(', ') })
    }
    arrays.push(fitted(each, await file.read(each.name), `'${each.name}' of '${path}'`))
  }
  return arrays
}

function idxArray(bytes: Uint8Array): ArrayData {
  const { shape, data } = decodeIdx(bytes)
  if (data instanceof Uint8Array) return { dtype: 'uint8', shape, data }
  if (data instanceof Float32Array) return { dtype: 'float32', shape, data }
  if (data instanceof Float64Array) return { dtype: 'float64', shape, data }
  return { dtype: 'int32', shape, data: Int32Array.from(data) }
}

/** The array as the input wants it: its type, and a batch of one where only that is missing. */
function fitted(
  { name, type, shape: wanted }: PortFacts,
  array: ArrayData,
  argument: string,
): InputArray {
  // Where a file does not say, whole numbers are words, and bytes are brightness.
  const dtype = dtypeOf(type) ?? (array.dtype === 'int32' ? 'int32' : 'float32')
  const lacksBatch = wanted !== null && array.shape.length === wanted.length - 1
  const shape = lacksBatch ? [1, ...array.shape] : array.shape
  const fits =
    wanted === null ||
    (wanted.length === shape.length &&
      wanted.every((size, axis) => axis === 0 || typeof size !== 'number' || size === shape[axis]))
  if (!fits) {
    const needs = `must have the shape ${wanted.map((size) => size ?? '?').join('x')} of input '${name}'`
    throw new StriateError({ op, argument, needs, got: shape.join('x') || 'a scalar' })
  }
  return { name, dtype, shape, data: converted(array, dtype, argument) }
}

function converted({ data }: ArrayData, dtype: DType, argument: string): TypedArray {
  if (dtype === 'float32') return data instanceof Float32Array ? data : Float32Array.from(data)
  if (dtype === 'float64') return data instanceof Float64Array ? data : Float64Array.from(data)
  const whole = dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data)
  const wrong = whole.findIndex((value: number, index: number) => value !== data[index])
  if (wrong < 0) return whole
  const needs = `must hold whole numbers of ${dtype}`
  throw new StriateError({ op, argument, needs, got: `${data[wrong]} at ${wrong}` })
}

async function pictureOf(model: Model, path: string, values: InputValues): Promise<InputArray> {
  const port = onlyInput(model, path)
  const plan = planImage(port, model.layout, values)
  const { shape, data } = await readImage(op, path, plan)
  return fitted(port, { dtype: 'float32', shape: [...shape], data: data.slice() }, `'${path}'`)
}

/** How a picture becomes the input: what was said, else what the shape of the input tells. */
function planImage(port: PortFacts, usual: Axes, values: InputValues): ImageOptions {
  const { size, mean = [0], std = [1], fit = 'cover' } = values
  const shape = port.shape ?? [null, null, null, null]
  if (shape.length !== 4) {
    const needs = `must be an array for input '${port.name}' of ${shape.length} axes`
    throw new StriateError({ op, argument: '--input', needs, got: 'a picture' })
  }
  const isChannels = (axis: number): boolean => shape[axis] === 1 || shape[axis] === 3
  const told =
    isChannels(1) === isChannels(3) ? usual : isChannels(1) ? 'channels-first' : 'channels-last'
  const layout = values.layout ?? told
  const axes = layout === 'channels-first' ? [1, 2, 3] : [3, 1, 2]
  const [channels, height, width] = axes.map((axis) => shape[axis])
  if (typeof channels === 'number' && channels !== 1 && channels !== 3) {
    const needs = `must be an array for input '${port.name}' of ${channels} channels (${layout})`
    throw new StriateError({ op, argument: '--input', needs, got: 'a picture' })
  }
  const own =
    typeof height === 'number' && typeof width === 'number' ? ([height, width] as const) : undefined
  const [first, second = first] = size ?? []
  const chosen = first === undefined || second === undefined ? own : ([first, second] as const)
  for (const [option, list] of [
    ['--mean', mean],
    ['--std', std],
  ] as const) {
    const count = channels === 1 ? 1 : 3
    if (list.length !== 1 && list.length !== count) {
      const needs = `must be 1 or ${count} numbers, one for each channel`
      throw new StriateError({ op, argument: option, needs, got: list.join(',') })
    }
  }
  return { size: chosen, channels: channels === 1 ? 1 : 3, fit, mean, std, layout }
}
