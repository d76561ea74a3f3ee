/** Reads the protobuf of a model into plain records; weights stay where they lie in the file. */
import { fromBinary } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { fail, quote } from './complain.ts'
import { typeName } from './elements.ts'
import type { ExternalFiles } from './external.ts'
import type { Attribute, Graph, GraphNode, Model, Port } from './graph.ts'
import { entry, readTensor, type StoredTensor } from './storedTensor.ts'
import { decoding, expectWire, fields, inside, type Span, text } from './wire.ts'

/** Graphs stand in graphs as branches; deeper than this is no network. */
const deepest = 16

/** Numbers of a message's fields by their names in camelCase. */
const numbersOf = <Name extends string>(schema: {
  readonly field: Readonly<Record<Name, { readonly number: number }>>
}): Record<Name, number> =>
  Object.fromEntries(
    Object.entries<{ readonly number: number }>(schema.field).map(([name, field]) => [
      name,
      field.number,
    ]),
  ) as Record<Name, number>

const modelFields = numbersOf(ModelProtoSchema)
const graphFields = numbersOf(GraphProtoSchema)
const nodeFields = numbersOf(NodeProtoSchema)
const attributeFields = numbersOf(AttributeProtoSchema)

/** What stands in a model before it is held to be one. */
interface Draft {
  graph: Span | null
  readonly opsets: { readonly domain: string; readonly version: number; readonly at: number }[]
  readonly functions: string[]
  irVersion: number
  producer: string
  readonly metadata: Record<string, string>
}

/** Reads a model. The external files that its tensors refer to are noted in `files`. */
export function readModel(bytes: Uint8Array<ArrayBuffer>, files: ExternalFiles): Model {
  const whole = { bytes, at: 0 }
  const draft: Draft = {
    graph: null,
    opsets: [],
    functions: [],
    irVersion: 0,
    producer: '',
    metadata: Object.create(null) as Record<string, string>,
  }
  const message = 'the model'
  for (const field of fields(whole, message)) {
    switch (field.number) {
      case modelFields.irVersion:
        draft.irVersion = Number(field.varint)
        break
      case modelFields.producerName:
        draft.producer = text(field, message)
        break
      case modelFields.graph:
        expectWire(field, WireType.LengthDelimited, message)
        draft.graph = inside(field, whole)
        break
      case modelFields.opsetImport: {
        const read = (): { domain: string; version: bigint } =>
          fromBinary(OperatorSetIdProtoSchema, field.bytes)
        const { domain, version } = decoding(field, 'an opset', read)
        draft.opsets.push({ domain, version: Number(version), at: field.at })
        break
      }
      case modelFields.metadataProps: {
        const [key, value] = entry(inside(field, whole))
        draft.metadata[key] = value
        break
      }
    }
  }
  if (!draft.graph)
    return fail({
      argument: 'the model',
      needs: 'must hold a graph',
      got: `${bytes.length} bytes without one`,
      hint: 'is this an ONNX file?',
    })
  const own = draft.opsets.find(({ domain }) => isOwnDomain(domain))
  const { irVersion, producer, metadata } = draft
  // Files of the first format version name no opset: they have the first.
  const opset = own?.version ?? 1
  return { graph: readGraph(draft.graph, files, 0), opset, irVersion, producer, metadata }
}

/** Whether a domain is that of ONNX's own operators, which has two names. */
export const isOwnDomain = (domain: string): boolean => domain === '' || domain === 'ai.onnx'

function readGraph(span: Span, files: ExternalFiles, depth: number): Graph {
  if (depth > deepest) {
    const needs = `must not lie deeper than ${deepest} graphs`
    fail({ argument: `byte ${span.at} (a graph)`, needs, got: 'a deeper one' })
  }
  const nodes: GraphNode[] = []
  const initializers = new Map<string, StoredTensor>()
  const inputs: Port[] = []
  const outputs: Port[] = []
  let name = ''
  const message = 'a graph'
  for (const field of fields(span, message)) {
    const here = inside(field, span)
    switch (field.number) {
      case graphFields.node:
        expectWire(field, WireType.LengthDelimited, message)
        nodes.push(readNode(here, nodes.length, files, depth))
        break
      case graphFields.name:
        name = text(field, message)
        break
      case graphFields.initializer: {
        expectWire(field, WireType.LengthDelimited, message)
        const tensor = readTensor(here, files)
        if (initializers.has(tensor.name)) {
          const argument = `tensor ${quote(tensor.name)} (byte ${tensor.at})`
          fail({ argument, needs: 'must have a name of its own', got: 'a second of that name' })
        }
        initializers.set(tensor.name, tensor)
        break
      }
      case graphFields.sparseInitializer:
        fail({
          argument: `byte ${field.at} (a graph)`,
          needs: 'must have dense initializers',
          got: 'a sparse one',
        })
        break
      case graphFields.input:
        inputs.push(readPort(here))
        break
      case graphFields.output:
        outputs.push(readPort(here))
        break
    }
  }
  return {
    name,
    nodes,
    inputs: inputs.filter((each) => !initializers.has(each.name)),
    outputs,
    initializers,
  }
}

function readPort(span: Span): Port {
  const info = decoding(span, 'a graph input or output', () =>
    fromBinary(ValueInfoProtoSchema, span.bytes),
  )
  const value = info.type?.value
  if (value?.case !== 'tensorType') return { name: info.name, type: value?.case ?? '', shape: null }
  const { elemType, shape } = value.value
  const sizes = shape?.dim.map(({ value: dim }) =>
    dim.case === 'dimValue' ? Number(dim.value) : dim.case === 'dimParam' ? dim.value : null,
  )
  return { name: info.name, type: typeName(elemType), shape: sizes ?? null }
}

function readNode(span: Span, place: number, files: ExternalFiles, depth: number): GraphNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, Attribute>()
  let [name, operator, domain] = ['', '', '']
  const message = 'a node'
  for (const field of fields(span, message)) {
    switch (field.number) {
      case nodeFields.input:
        inputs.push(text(field, message))
        break
      case nodeFields.output:
        outputs.push(text(field, message))
        break
      case nodeFields.name:
        name = text(field, message)
        break
      case nodeFields.opType:
        operator = text(field, message)
        break
      case nodeFields.domain:
        domain = text(field, message)
        break
      case nodeFields.attribute: {
        expectWire(field, WireType.LengthDelimited, message)
        const [key, value] = readAttribute(inside(field, span), files, depth)
        attributes.set(key, value)
        break
      }
    }
  }
  const title = name === '' ? `number ${place}` : quote(name)
  const label = `node ${title} (${operator || 'no operator'}, byte ${span.at})`
  const own = isOwnDomain(domain) ? '' : domain
  return { label, operator, domain: own, inputs, outputs, attributes, at: span.at }
}

function readAttribute(
  span: Span,
  files: ExternalFiles,
  depth: number,
): [name: string, attribute: Attribute] {
  // Tensors and graphs are read here, where their bytes are known by their place; all else is small.
  let name = ''
  let large: Attribute | null = null
  for (const field of fields(span, 'an attribute')) {
    if (field.number === attributeFields.name) name = text(field, 'an attribute')
    if (field.number === attributeFields.t) {
      const label = `of the attribute ${quote(name)}`
      large = { kind: 'tensor', value: readTensor(inside(field, span), files, label) }
    }
    if (field.number === attributeFields.g)
      large = { kind: 'graph', value: readGraph(inside(field, span), files, depth + 1) }
    if (field.number === attributeFields.tensors || field.number === attributeFields.graphs)
      large ??= { kind: 'other', value: 'a list of tensors or graphs' }
  }
  if (large) return [name, large]
  const read = decoding(span, 'an attribute', () => fromBinary(AttributeProtoSchema, span.bytes))
  const utf8 = new TextDecoder()
  switch (read.type) {
    case AttributeType.FLOAT:
      return [name, { kind: 'float', value: read.f }]
    case AttributeType.INT:
      return [name, { kind: 'int', value: Number(read.i) }]
    case AttributeType.STRING:
      return [name, { kind: 'string', value: utf8.decode(read.s) }]
    case AttributeType.FLOATS:
      return [name, { kind: 'floats', value: read.floats }]
    case AttributeType.INTS:
      return [name, { kind: 'ints', value: read.ints.map(Number) }]
    case AttributeType.STRINGS:
      return [name, { kind: 'strings', value: read.strings.map((each) => utf8.decode(each)) }]
    default:
      return [name, { kind: 'other', value: AttributeType[read.type] ?? `type ${read.type}` }]
  }
}
