/** Calls of the library that are made and written down at once: what a case computes is what it prints. */

import type { Tensor } from '../packages/striate/src/index.ts'
import * as library from '../packages/striate/src/index.ts'
import { fuzzValues, type ValueStyle } from '../packages/striate/tests/support/fuzzValues.ts'

/** A tensor under the name that it has in the printed code. */
export interface Named {
  readonly name: string
  readonly tensor: Tensor
}

/** Known tensors by name, so that another run can compute with the same arrays. */
export type Leaves = Map<string, Tensor>

const functions = library as unknown as Readonly<
  Record<string, ((...values: readonly unknown[]) => Tensor) | undefined>
>

const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && 'tensor' in value && 'name' in value

export class Script {
  /** Code that makes the known tensors, and code that computes with them. */
  readonly leafLines: string[] = []
  readonly lines: string[] = []
  readonly used: Set<string> = new Set()
  readonly #leaves: Leaves
  readonly #style: ValueStyle
  #count = 0

  constructor(style: ValueStyle, leaves: Leaves = new Map()) {
    this.#style = style
    this.#leaves = leaves
  }

  leaf(name: string, shape: readonly number[]): Named {
    const tensor = this.#leaves.get(name) ?? fuzzValues(name, shape, this.#style)
    this.#leaves.set(name, tensor)
    this.leafLines.push(`const ${name} = fuzzValues('${name}', [${shape.join(', ')}], style)`)
    return { name, tensor }
  }

  /** Calls a function of the library by its name; tensors may stand anywhere in the arguments. */
  call(name: string, ...values: readonly unknown[]): Named {
    const tensor = functions[name]!(...values.map(plain))
    const result = `y${++this.#count}`
    this.used.add(name)
    this.lines.push(`const ${result} = ${name}(${values.map(print).join(', ')})`)
    return { name: result, tensor }
  }

  /** The gradients of a weighted sum of the result, whose weights are values of their own. */
  gradients(of: Named, by: readonly Named[]): Named[] {
    const weights = this.leaf(`upstream${this.#count}`, of.tensor.shape)
    const total = this.call('sum', this.call('mul', of, weights))
    const names = by.map(({ name }) => `d${name}`)
    this.used.add('gradients')
    this.lines.push(
      `const [${names.join(', ')}] = gradients(${total.name}, [${by.map(print).join(', ')}])`,
    )
    const found = library.gradients(
      total.tensor,
      by.map(({ tensor }) => tensor),
    )
    return found.map((tensor, i) => ({ name: names[i]!, tensor }))
  }
}

function plain(value: unknown): unknown {
  if (isNamed(value)) return value.tensor
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}

function print(value: unknown): string {
  if (isNamed(value)) return value.name
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, each]) => each !== undefined)
    return `{ ${fields.map(([key, each]) => `${key}: ${print(each)}`).join(', ')} }`
  }
  return typeof value === 'string' ? `'${value}'` : String(value)
}
