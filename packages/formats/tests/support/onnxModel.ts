/** Makes ONNX files for tests, by the protobuf library alone. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TensorProto_DataType as Type,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'

export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly text: string }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphSpec }

export interface NodeSpec {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly name?: string
  readonly domain?: string
}

export interface PortSpec {
  readonly name: string
  readonly shape: readonly (number | string)[]
  readonly type?: Type
}

export interface GraphSpec {
  readonly nodes: readonly NodeSpec[]
  readonly inputs?: readonly PortSpec[]
  readonly outputs: readonly string[]
  readonly initializers?: readonly TensorProto[]
}

export interface ModelSpec extends GraphSpec {
  readonly opset?: number
  readonly domain?: string
}

export const floats = (
  name: string,
  shape: readonly number[],
  values: ArrayLike<number>,
): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: Type.FLOAT,
    rawData: new Uint8Array(Float32Array.from(values).buffer),
  })

export const integers = (
  name: string,
  values: readonly (number | bigint)[],
  shape: readonly number[] = [values.length],
): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: Type.INT64,
    int64Data: values.map(BigInt),
  })

/** Values of a fixed sequence in [−1, 1). */
export function sequence(size: number, seed = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

const { FLOAT, FLOATS, GRAPH, INT, INTS, STRING, TENSOR } = AttributeType

function attribute(name: string, value: AttributeValue): AttributeProto {
  const made = create(AttributeProtoSchema, { name })
  const set = (type: AttributeType, fields: Partial<AttributeProto>): AttributeProto =>
    Object.assign(made, { type }, fields)
  if ('int' in value) return set(INT, { i: BigInt(value.int) })
  if ('float' in value) return set(FLOAT, { f: value.float })
  if ('ints' in value) return set(INTS, { ints: value.ints.map(BigInt) })
  if ('floats' in value) return set(FLOATS, { floats: [...value.floats] })
  if ('text' in value) return set(STRING, { s: new TextEncoder().encode(value.text) })
  if ('tensor' in value) return set(TENSOR, { t: value.tensor })
  return set(GRAPH, { g: graph(value.graph) })
}

function port({ name, shape, type = Type.FLOAT }: PortSpec): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === 'number'
          ? { case: 'dimValue', value: BigInt(size) }
          : { case: 'dimParam', value: size },
    }),
  )
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: type,
    shape: create(TensorShapeProtoSchema, { dim }),
  })
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  })
}

const graph = ({ nodes, inputs = [], outputs, initializers = [] }: GraphSpec): GraphProto =>
  create(GraphProtoSchema, {
    name: 'graph',
    node: nodes.map(({ op, attributes = {}, inputs: read, outputs: made, ...rest }) =>
      create(NodeProtoSchema, {
        opType: op,
        input: [...read],
        output: [...made],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
        ...rest,
      }),
    ),
    input: inputs.map(port),
    output: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
    initializer: [...initializers],
  })

/** The bytes of a model. */
export const modelFile = ({ opset = 17, domain = '', ...rest }: ModelSpec): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'a test',
      opsetImport: [create(OperatorSetIdProtoSchema, { domain, version: BigInt(opset) })],
      graph: graph(rest),
    }),
  )
