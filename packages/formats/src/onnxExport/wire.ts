/**
 * An ONNX graph as protobuf bytes, in pieces: what is small is encoded, and weights stand in between as they lie in
 * memory, so that a model of any size is written without a second copy of it.
 */

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { fail } from 'striate'
import {
  type Attribute,
  elementTypes,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnxGraph.ts'

/** The version of the operators, and of the format that goes with it. */
const opset = 17n
const irVersion = 8n

/** Protobuf's largest message; its readers refuse a longer one. */
const mostBytes = 2 ** 31 - 1

/** Bytes in pieces, in their order. */
interface Pieces {
  readonly pieces: readonly Uint8Array[]
  readonly length: number
}

const joined = (all: readonly Pieces[]): Pieces => ({
  pieces: all.flatMap(({ pieces }) => pieces),
  length: all.reduce((total, { length }) => total + length, 0),
})

const whole = (bytes: Uint8Array): Pieces => ({ pieces: [bytes], length: bytes.length })

/** A field that holds `content`: its number, the length, and the bytes. */
function field(number: number, content: Pieces): Pieces {
  const head = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(content.length)
  return joined([whole(head.finish()), content])
}

/** The pieces of a model file. */
export function modelPieces(graph: OnnxGraph): readonly Uint8Array[] {
  const about = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      opsetImport: [{ domain: '', version: opset }],
      producerName: 'striate',
    }),
  )
  const { pieces, length } = joined([
    whole(about),
    field(ModelProtoSchema.field.graph.number, graphPieces(graph)),
  ])
  if (length > mostBytes) {
    const needs = `must be at most ${mostBytes} bytes long, the limit of its format`
    fail({ op: 'encodeOnnx', argument: 'network', needs, got: `${length} bytes` })
  }
  return packed(pieces)
}

/** Pieces of fewer bytes are joined: each costs a call to the file system. */
const smallPiece = 2 ** 16

function packed(pieces: readonly Uint8Array[]): Uint8Array[] {
  const all: Uint8Array[] = []
  let small: Uint8Array[] = []
  const flush = (): void => {
    if (small.length > 0) all.push(concatenated(small))
    small = []
  }
  for (const piece of pieces) {
    if (piece.length < smallPiece) small.push(piece)
    else {
      flush()
      all.push(piece)
    }
  }
  flush()
  return all
}

/** One array of all bytes. */
export function concatenated(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

function graphPieces(graph: OnnxGraph): Pieces {
  const { node, initializer, input, output } = GraphProtoSchema.field
  const about = create(GraphProtoSchema, { name: graph.name })
  const value = (number: number, each: OnnxValue): Pieces => field(number, valuePieces(each))
  const constants = graph.initializers.filter(looksTrained)
  const initializers = graph.initializers.filter((each) => !looksTrained(each))
  return joined([
    ...constants.map((each) => field(node.number, constantPieces(each))),
    ...graph.nodes.map((each) => field(node.number, nodePieces(each))),
    whole(toBinary(GraphProtoSchema, about)),
    ...initializers.map((each) => field(initializer.number, tensorPieces(each))),
    ...graph.inputs.map((each) => value(input.number, each)),
    ...graph.outputs.map((each) => value(output.number, each)),
  ])
}

/** What readers would take for a weight, were it an initializer: real numbers with axes that never change. */
const looksTrained = ({ isWeight, type, shape }: OnnxTensor): boolean =>
  !isWeight && shape.length > 0 && (type === 'float32' || type === 'float64')

/** A `Constant` node; its value stands at the end of it, as an initializer would lie. */
function constantPieces(tensor: OnnxTensor): Pieces {
  const { attribute } = NodeProtoSchema.field
  const about = { opType: 'Constant', name: tensor.name, output: [tensor.name] }
  const value = { name: 'value', type: AttributeProto_AttributeType.TENSOR }
  return joined([
    whole(toBinary(NodeProtoSchema, create(NodeProtoSchema, about))),
    field(
      attribute.number,
      joined([
        whole(toBinary(AttributeProtoSchema, create(AttributeProtoSchema, value))),
        field(AttributeProtoSchema.field.t.number, tensorPieces(tensor)),
      ]),
    ),
  ])
}

function nodePieces({ opType, name, inputs, outputs, attributes }: OnnxNode): Pieces {
  const message = create(NodeProtoSchema, {
    opType,
    name,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, each]) => attribute(key, each)),
  })
  return whole(toBinary(NodeProtoSchema, message))
}

function attribute(name: string, value: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number')
    return { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }
  if (typeof value === 'string')
    return { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(value) }
  if ('float' in value)
    return { name, type: AttributeProto_AttributeType.FLOAT, f: Math.fround(value.float) }
  return { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) }
}

function tensorPieces({ name, type, shape, data }: OnnxTensor): Pieces {
  const about = create(TensorProtoSchema, {
    name,
    dataType: elementTypes[type],
    dims: shape.map(BigInt),
  })
  const values = littleEndian(data())
  return joined([
    whole(toBinary(TensorProtoSchema, about)),
    field(TensorProtoSchema.field.rawData.number, whole(values)),
  ])
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** The bytes of an array as they lie there, or turned where the host has them the other way. */
function littleEndian(array: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }): Uint8Array {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  const width = array.BYTES_PER_ELEMENT
  if (hostIsLittle || width === 1) return bytes
  const turned = bytes.slice()
  for (let at = 0; at < turned.length; at += width) turned.subarray(at, at + width).reverse()
  return turned
}

function valuePieces({ name, type, shape }: OnnxValue): Pieces {
  const message = create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: elementTypes[type],
          shape: {
            dim: shape.map((size) => ({
              value:
                typeof size === 'string'
                  ? { case: 'dimParam' as const, value: size }
                  : { case: 'dimValue' as const, value: BigInt(size) },
            })),
          },
        },
      },
    },
  })
  return whole(toBinary(ValueInfoProtoSchema, message))
}
