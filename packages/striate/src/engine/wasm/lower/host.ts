/** Steps that run an operator's plain loop on the host: for float64, and for whole numbers without a kernel. */

import type { DType, TypedArray } from '../../../tensor/dtype.ts'
import type { Operator } from '../../../tensor/operator.ts'
import { sizeOf } from '../../../tensor/shape.ts'
import type { Builder, RunContext, ValueId } from '../plan.ts'
import type { ValueType } from '../structure.ts'
import type { Epilogue } from './epilogue.ts'
import type { Pooling } from './pooling.ts'

export interface LoweringContext<Attributes> {
  readonly build: Builder
  readonly operator: Operator<Attributes>
  readonly attributes: Attributes
  readonly inputs: readonly ValueId[]
  readonly inputTypes: readonly ValueType[]
  readonly output: ValueId
  readonly outputType: ValueType
  /** What may be done to the results of a convolution or matrix product before they are written. */
  readonly epilogue?: Epilogue
  /** What is written instead of the results of a convolution that said it takes it. */
  readonly pooling?: Pooling
  /** Inputs of a concatenation, by number, that lie in the result already. */
  readonly inPlace?: ReadonlySet<number>
}

export const viewOf = (context: RunContext, value: ValueId, type: ValueType): TypedArray =>
  viewAt(context.memory.buffer, context.address(value), type)

export function viewAt(buffer: ArrayBufferLike, address: number, type: ValueType): TypedArray {
  const size = sizeOf(type.shape)
  const views: Readonly<Record<DType, () => TypedArray>> = {
    float32: () => new Float32Array(buffer, address, size),
    float64: () => new Float64Array(buffer, address, size),
    int32: () => new Int32Array(buffer, address, size),
    uint8: () => new Uint8Array(buffer, address, size),
  }
  return views[type.dtype]()
}

export function hostStep(context: LoweringContext<unknown>): void {
  const { build, operator, attributes, inputs, inputTypes, output, outputType } = context
  build.step({
    name: `host ${operator.name}`,
    reads: inputs,
    writes: [output],
    stages: [{ host }],
  })
  function host(run: RunContext): void {
    const values = new Float64Array(sizeOf(outputType.shape))
    operator.reference({
      inputs: inputs.map((value, i) => viewOf(run, value, inputTypes[i]!)),
      inputTypes,
      output: values,
      outputType,
      attributes,
    })
    viewOf(run, output, outputType).set(values)
  }
}

const reported = new Set<string>()

/** Says once for each operator that the reference loops do the work of a fast kernel. */
export function reportReference(operator: string, reason: string): void {
  const key = `${operator} ${reason}`
  if (reported.has(key)) return
  reported.add(key)
  console.warn(`striate: the wasm engine runs ${operator} in ${reason} on the reference loops`)
}
