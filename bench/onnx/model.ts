/**
 * ONNX models of one convolution, with its weight inside. Field numbers are those of onnx.proto:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { inputShape, outputShape, type Shape, weightShape } from '../harness/shape.ts'
import { type Bytes, bytes, concatenate, integer, message, text } from './protobuf.ts'

const irVersion = 8
const operatorSet = 17
const float = 1
/** AttributeProto.AttributeType */
const attributeInt = 2
const attributeInts = 7

function attribute(name: string, value: number | readonly number[]): Bytes {
  const isList = typeof value !== 'number'
  const values = isList ? value.map((each) => integer(8, each)) : [integer(3, value)]
  return message(5, text(1, name), ...values, integer(20, isList ? attributeInts : attributeInt))
}

function initializer(name: string, shape: readonly number[], values: Float32Array): Bytes {
  const raw = new Uint8Array(values.slice().buffer)
  const dimensions = shape.map((size) => integer(1, size))
  return message(5, ...dimensions, integer(2, float), text(8, name), bytes(9, raw))
}

function value(field: number, name: string, shape: readonly number[]): Bytes {
  const dimensions = shape.map((size) => message(1, integer(1, size)))
  const type = message(2, message(1, integer(1, float), message(2, ...dimensions)))
  return message(field, text(1, name), type)
}

/** `y = Conv(x, weight)`, or `ConvTranspose`. */
export function convolutionModel(shape: Shape, weight: Float32Array): Bytes {
  const node = message(
    1,
    text(1, 'x'),
    text(1, 'weight'),
    text(2, 'y'),
    text(4, shape.transposed ? 'ConvTranspose' : 'Conv'),
    attribute('kernel_shape', shape.kernel),
    attribute('strides', shape.stride),
    attribute('pads', [...shape.padding, ...shape.padding]),
    attribute('dilations', shape.dilation),
    attribute('group', shape.groups),
  )
  const graph = message(
    7,
    node,
    text(2, 'convolution'),
    initializer('weight', weightShape(shape), weight),
    value(11, 'x', inputShape(shape)),
    value(12, 'y', outputShape(shape)),
  )
  return concatenate([integer(1, irVersion), graph, message(8, integer(2, operatorSet))])
}
