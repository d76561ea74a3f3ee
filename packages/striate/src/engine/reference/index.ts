/** The reference engine: runs each operator's plain loops in float64. It is the definition of right. */
import { allocate, type DType, type TypedArray } from '../../tensor/dtype.ts'
import { type Node, settle } from '../../tensor/node.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { Engine } from '../engine.ts'
import { schedule } from '../schedule.ts'

/** Computes one node with its operator's loop, given the values of its inputs. */
export function runReference(node: Node, inputs: readonly TypedArray[]): Float64Array {
  const output = new Float64Array(sizeOf(node.shape))
  node.operator!.reference({
    inputs,
    inputTypes: node.inputs,
    output,
    outputType: node,
    attributes: node.attributes,
  })
  return output
}

/** The value as elements of `dtype`; float64 sums are rounded only here. */
export function store(values: Float64Array, dtype: DType): TypedArray {
  if (dtype === 'float64') return values
  const data = allocate(dtype, values.length)
  data.set(values)
  return data
}

export const referenceEngine: Engine = {
  name: 'reference',
  async run(wanted) {
    // Values between operators stay in float64, whatever the element type: only results are rounded.
    const values = new Map<Node, TypedArray>()
    const order = schedule(wanted)
    const lastUse = new Map<Node, Node>()
    for (const node of order) for (const input of node.inputs) lastUse.set(input, node)
    const keep = new Set(wanted)
    for (const node of order) {
      const inputs = node.inputs.map((input) => values.get(input) ?? input.data!)
      const output = runReference(node, inputs)
      const isWhole = node.dtype === 'int32' || node.dtype === 'uint8'
      values.set(node, isWhole ? store(output, node.dtype) : output)
      for (const input of node.inputs)
        if (lastUse.get(input) === node && !keep.has(input)) values.delete(input)
    }
    for (const node of wanted) {
      const value = values.get(node)
      if (value) settle(node, value instanceof Float64Array ? store(value, node.dtype) : value)
    }
  },
}
