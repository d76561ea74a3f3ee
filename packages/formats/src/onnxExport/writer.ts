/** Writes ONNX nodes: names them after layers, keeps element types right, and remembers what stands for each vertex. */
import type { DType } from 'striate'
import type { Attributes, ElementType, OnnxData, OnnxNode, OnnxTensor } from './onnxGraph.ts'
import { elementTypes } from './onnxGraph.ts'
import { type Leaf, sizeOf, type Vertex } from './vertex.ts'

/** What a translation leaves: the name of its value, which may be a truth value (ONNX's bool) instead of a uint8. */
export type Written = string | { readonly truth: string }

/** How a vertex is said in ONNX: which vertices must be there before, and the nodes. */
export interface Translation {
  readonly reads: readonly Vertex[]
  write(writer: Writer): Written
}

/** The name of a value as an element type; both may exist for one vertex. */
interface Names {
  plain?: string
  truth?: string
}

export class Writer {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxTensor[] = []
  readonly #taken = new Set<string>()
  readonly #values = new Map<Vertex, Names>()
  /** Casts and the constant forms of vertices, so that none is written twice. */
  readonly #made = new Map<string, string>()
  readonly #transposes = new Map<
    string,
    { readonly from: string; readonly axes: readonly number[] }
  >()
  #scope = ''

  constructor(reserved: readonly string[]) {
    for (const name of reserved) this.#taken.add(name)
  }

  /** Nodes written now are named after this layer. */
  enter(scope: string): void {
    this.#scope = scope
  }

  /** Records what stands for a vertex. */
  set(vertex: Vertex, written: Written): void {
    this.#values.set(vertex, typeof written === 'string' ? { plain: written } : { ...written })
  }

  /** The value of a vertex in its own element type. */
  value(vertex: Vertex): string {
    const names = this.#names(vertex)
    names.plain ??= this.cast(names.truth!, vertex.dtype)
    return names.plain
  }

  /** The value of a vertex as another element type. */
  as(vertex: Vertex, dtype: DType): string {
    if (vertex.dtype === dtype) return this.value(vertex)
    const { truth } = this.#names(vertex)
    return this.cast(truth ?? this.value(vertex), dtype)
  }

  /** The value of a vertex as ONNX's bool: whether it is other than 0. */
  truth(vertex: Vertex): string {
    const names = this.#names(vertex)
    names.truth ??= this.cast(names.plain!, 'bool')
    return names.truth
  }

  #names(vertex: Vertex): Names {
    let names = this.#values.get(vertex)
    if (!names) {
      if (vertex.kind !== 'constant' && vertex.kind !== 'weight')
        throw new Error(`a vertex of kind ${vertex.kind} was read before it was written`)
      names = { plain: this.#leaf(vertex) }
      this.#values.set(vertex, names)
    }
    return names
  }

  #leaf({ kind, name, shape, dtype, source }: Leaf): string {
    const chosen = kind === 'weight' ? name : this.#free(this.#scoped('constant'))
    this.initializers.push({
      name: chosen,
      isWeight: kind === 'weight',
      type: dtype,
      shape,
      data: () => source.data!,
      source,
    })
    return chosen
  }

  cast(name: string, to: ElementType): string {
    const key = `${name} ${to}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.node('Cast', [name], { to: elementTypes[to] })
    this.#made.set(key, made)
    return made
  }

  /** Adds a node and gives the name of its (first) output. */
  node(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodeOf(opType, inputs, attributes, 1)[0]!
  }

  /** Adds a node of several outputs. */
  nodeOf(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
  ): string[] {
    const name = this.#free(this.#scoped(opType))
    const others = Array.from({ length: count - 1 }, (_, i) =>
      this.#free(`${name}_output_${i + 1}`),
    )
    const outputs = [name, ...others]
    this.nodes.push({ opType, name, inputs, outputs, attributes })
    return outputs
  }

  /** `Transpose`, joined with one before it; nothing where the axes stay. */
  transpose(name: string, axes: readonly number[]): string {
    const before = this.#transposes.get(name)
    const [from, order] = before
      ? [before.from, axes.map((axis) => before.axes[axis]!)]
      : [name, axes]
    if (order.every((axis, a) => axis === a)) return from
    const made = this.node('Transpose', [from], { perm: order })
    this.#transposes.set(made, { from, axes: order })
    return made
  }

  /** `Reshape` to known sizes. */
  reshape(name: string, shape: readonly number[]): string {
    return this.node('Reshape', [name, this.wholes(shape, 'shape')], {
      ...(shape.includes(0) ? { allowzero: 1 } : {}),
    })
  }

  /** A constant vector of whole numbers: shapes, axes, bounds. */
  wholes(values: readonly number[], role: string): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64', role)
  }

  /** A constant without axes. */
  scalar(value: number, dtype: DType, role: string): string {
    return this.constant(arrayOf(dtype, [value]), [], dtype, role)
  }

  /** A constant of one value throughout. */
  filled(shape: readonly number[], value: number, dtype: DType, role: string): string {
    const data = arrayOf(dtype, sizeOf(shape)).fill(value)
    return this.constant(data, shape, dtype, role)
  }

  constant(data: OnnxData, shape: readonly number[], type: ElementType, role: string): string {
    const name = this.#free(this.#scoped(role))
    this.initializers.push({ name, isWeight: false, type, shape, data: () => data, source: null })
    return name
  }

  #scoped(what: string): string {
    return this.#scope === '' ? what : `${this.#scope}/${what}`
  }

  #free(wanted: string): string {
    let name = wanted
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`
    this.#taken.add(name)
    return name
  }
}

/** An array of the values, or of so many zeros. */
export function arrayOf(
  dtype: DType,
  values: number | readonly number[],
): Float32Array | Float64Array | Int32Array | Uint8Array {
  const made = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    uint8: Uint8Array,
  }
  const kind = made[dtype]
  if (typeof values === 'number') return new kind(values)
  const array = new kind(values.length)
  array.set(values)
  return array
}
