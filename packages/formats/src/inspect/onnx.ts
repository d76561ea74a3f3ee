/** ONNX models, whose weights stay where they lie: only names, types, shapes and places are read. */
import { type ByteSource, describe, fail, openBeside, StriateError } from 'striate'
import { elementTypes, typeName } from '../onnx/elements.ts'
import {
  type FileFacts,
  type PortFacts,
  piecesOf,
  recordOf,
  type TensorFacts,
  tally,
} from './facts.ts'
import { type RangedField, Walker } from './protobuf.ts'

const op = 'inspectFile'
const deepest = 16

/** Numbers of fields (onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). */
const model = {
  irVersion: 1,
  producer: 2,
  producerVersion: 3,
  graph: 7,
  opset: 8,
  notes: 14,
} as const
const graph = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const
const node = { operator: 4, attribute: 5, domain: 7 } as const
const tensor = { dims: 1, type: 2, name: 8, raw: 9, external: 13, location: 14 } as const
/** Values that are not raw bytes: floats, 32- and 64-bit integers, text, doubles, unsigned. */
const typedValues: ReadonlySet<number> = new Set([4, 5, 6, 7, 10, 11])

interface Draft {
  readonly operators: string[]
  readonly tensors: TensorFacts[]
  readonly inputs: PortFacts[]
  readonly outputs: PortFacts[]
  readonly sources: ByteSource[]
  readonly versions: Record<string, string | number>
  graphs: number
}

export async function inspectOnnx(source: ByteSource): Promise<FileFacts> {
  const walker = new Walker(source)
  const draft: Draft = {
    operators: [],
    tensors: [],
    inputs: [],
    outputs: [],
    sources: [source],
    versions: {},
    graphs: 0,
  }
  const notes: (readonly [string, string])[] = []
  try {
    for await (const field of walker.fields(0, source.size, 'the model')) {
      switch (field.number) {
        case model.irVersion:
          draft.versions.irVersion = field.value
          break
        case model.producer:
          draft.versions.producer = await walker.text(field, 'the producer')
          break
        case model.producerVersion:
          draft.versions.producerVersion = await walker.text(field, 'the version of the producer')
          break
        case model.opset:
          await readOpset(walker, field, draft)
          break
        case model.notes:
          notes.push(await readEntry(walker, field))
          break
        case model.graph:
          draft.graphs += 1
          await readGraph(walker, field, draft, 0)
          break
      }
    }
    if (draft.graphs === 0) {
      const got = `${source.size} bytes without one`
      fail({ op, argument: 'byte 0', needs: 'must begin a model with a graph', got })
    }
  } catch (error) {
    for (const each of draft.sources.slice(1)) await each.close()
    throw error
  }
  const initialized = new Set(draft.tensors.map(({ name }) => name))
  return {
    format: 'onnx',
    sources: draft.sources,
    metadata: recordOf(notes),
    tensors: draft.tensors,
    network: {
      inputs: draft.inputs.filter(({ name }) => !initialized.has(name)),
      outputs: draft.outputs,
      operators: tally(draft.operators),
      versions: draft.versions,
    },
  }
}

async function readOpset(walker: Walker, span: RangedField, { versions }: Draft): Promise<void> {
  let [domain, version] = ['', 0]
  for await (const field of walker.fields(span.begin, span.end, 'an opset')) {
    if (field.number === 1) domain = await walker.text(field, 'a domain')
    if (field.number === 2) version = field.value
  }
  versions[domain === '' || domain === 'ai.onnx' ? 'opset' : `opset of ${domain}`] = version
}

async function readEntry(walker: Walker, span: RangedField): Promise<[string, string]> {
  const pair: [string, string] = ['', '']
  for await (const field of walker.fields(span.begin, span.end, 'an entry'))
    if (field.number === 1 || field.number === 2)
      pair[field.number - 1] = await walker.text(field, 'an entry')
  return pair
}

async function readGraph(
  walker: Walker,
  span: RangedField,
  draft: Draft,
  depth: number,
): Promise<void> {
  if (depth > deepest) {
    const needs = `must not lie deeper than ${deepest} graphs`
    fail({ op, argument: `byte ${span.at} (a graph)`, needs, got: 'a deeper one' })
  }
  for await (const field of walker.fields(span.begin, span.end, 'a graph')) {
    switch (field.number) {
      case graph.name:
        if (depth === 0) draft.versions.graph = await walker.text(field, 'the name of a graph')
        break
      case graph.node:
        await readNode(walker, field, draft, depth)
        break
      case graph.initializer:
        draft.tensors.push(await readTensor(walker, field, draft))
        break
      case graph.input:
        if (depth === 0) draft.inputs.push(await readPort(walker, field))
        break
      case graph.output:
        if (depth === 0) draft.outputs.push(await readPort(walker, field))
        break
    }
  }
}

async function readNode(
  walker: Walker,
  span: RangedField,
  draft: Draft,
  depth: number,
): Promise<void> {
  let [operator, domain] = ['', '']
  for await (const field of walker.fields(span.begin, span.end, 'a node')) {
    if (field.number === node.operator) operator = await walker.text(field, 'an operator')
    if (field.number === node.domain) domain = await walker.text(field, 'a domain')
    if (field.number !== node.attribute) continue
    // Graphs in attributes are the branches of If, Loop and Scan.
    for await (const inner of walker.fields(field.begin, field.end, 'an attribute'))
      if ((inner.number === 6 || inner.number === 11) && inner.wire === 2)
        await readGraph(walker, inner, draft, depth + 1)
  }
  draft.operators.push(domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`)
}

/** ValueInfoProto: name 1, type 2 › tensor 1 › element type 1, shape 2 › size 1 › number 1 or word 2. */
async function readPort(walker: Walker, span: RangedField): Promise<PortFacts> {
  const what = 'an input or output'
  let name = ''
  let type: string | null = null
  let shape: (number | string | null)[] | null = null
  for await (const field of walker.fields(span.begin, span.end, what)) {
    if (field.number === 1) name = await walker.text(field, what)
    if (field.number !== 2) continue
    for await (const kind of walker.fields(field.begin, field.end, what)) {
      if (kind.number !== 1) continue
      for await (const part of walker.fields(kind.begin, kind.end, what)) {
        if (part.number === 1) type = typeName(part.value)
        if (part.number === 2) shape = await readShape(walker, part)
      }
    }
  }
  return { name, type, shape }
}

async function readShape(walker: Walker, span: RangedField): Promise<(number | string | null)[]> {
  const shape: (number | string | null)[] = []
  for await (const dim of walker.fields(span.begin, span.end, 'a shape')) {
    if (dim.number !== 1) continue
    let size: number | string | null = null
    for await (const field of walker.fields(dim.begin, dim.end, 'a size')) {
      if (field.number === 1) size = field.value
      if (field.number === 2) size = await walker.text(field, 'a size')
    }
    shape.push(size)
  }
  return shape
}

async function readTensor(walker: Walker, span: RangedField, draft: Draft): Promise<TensorFacts> {
  const shape: number[] = []
  const values: RangedField[] = []
  const external = new Map<string, string>()
  let [name, type, isExternal] = ['', 0, false]
  for await (const field of walker.fields(span.begin, span.end, 'a tensor')) {
    if (field.number === tensor.dims) shape.push(...(await readSizes(walker, field)))
    else if (field.number === tensor.type) type = field.value
    else if (field.number === tensor.name) name = await walker.text(field, 'the name of a tensor')
    else if (field.number === tensor.location) isExternal = field.value === 1
    else if (field.number === tensor.external) external.set(...(await readEntry(walker, field)))
    else if (field.number === tensor.raw || typedValues.has(field.number)) values.push(field)
  }
  const argument = `tensor ${describe(name)} (byte ${span.at})`
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1)
  const known = elementTypes.get(type)
  const stored = values.reduce((sum, { begin, end }) => sum + end - begin, 0)
  const bytes = known === undefined ? stored : count * known.bytes
  const isRaw = values.some(({ number }) => number === tensor.raw)
  if (isExternal) {
    const chunks = await readExternal(walker.source, argument, external, bytes, draft)
    return { name, type: typeName(type), shape, bytes, chunks }
  }
  if (!Number.isSafeInteger(bytes) || (isRaw && known !== undefined && stored !== bytes)) {
    const needs = `must hold ${bytes} bytes for ${typeName(type)} ${describe(shape)}`
    fail({ op, argument, needs, got: String(stored) })
  }
  return {
    name,
    type: typeName(type),
    shape,
    bytes,
    async *chunks() {
      for (const { begin, end } of values) yield* piecesOf(walker.source, begin, end)
    },
  }
}

async function readSizes(walker: Walker, field: RangedField): Promise<number[]> {
  if (field.wire === 0) return [field.value]
  const sizes: number[] = []
  let [value, factor] = [0, 1]
  for (const byte of await walker.bytes(field, 'sizes of a tensor', 2 ** 12)) {
    value += (byte & 127) * factor
    factor *= 128
    if (byte >= 128) continue
    sizes.push(value)
    ;[value, factor] = [0, 1]
  }
  return sizes
}

/** Weights in a file beside the model, which must hold them. */
async function readExternal(
  source: ByteSource,
  argument: string,
  entries: ReadonlyMap<string, string>,
  bytes: number,
  draft: Draft,
): Promise<TensorFacts['chunks']> {
  const location = entries.get('location') ?? ''
  const begin = Number(entries.get('offset') ?? '0')
  const end = begin + Number(entries.get('length') ?? bytes)
  if (!Number.isSafeInteger(begin) || begin < 0 || end - begin !== bytes) {
    const got = `offset ${entries.get('offset') ?? '0'}, length ${entries.get('length')}`
    fail({ op, argument, needs: `must have ${bytes} bytes in its external file`, got })
  }
  const name = `${source.name}\n${location}`
  let file = draft.sources.find((each) => externalNames.get(each) === name)
  if (file === undefined) {
    file = await openBeside(source.place, location).catch((cause: unknown) => {
      if (!(cause instanceof StriateError)) throw cause
      const needs = 'must have its external file beside the model'
      return fail({ op, argument, needs, got: cause.message, cause })
    })
    externalNames.set(file, name)
    draft.sources.push(file)
  }
  if (end > file.size) {
    const needs = `must lie within ${describe(location)}, which has ${file.size} bytes`
    fail({ op, argument, needs, got: `bytes ${begin} to ${end}` })
  }
  const found = file
  return () => piecesOf(found, begin, end)
}

const externalNames = new WeakMap<ByteSource, string>()
