/** A module: one imported memory, functions, exports, and a name section for profilers. */
import { nameBytes, sized, unsignedLeb, vector } from './bytes.ts'
import { FunctionBuilder } from './functionBuilder.ts'
import {
  code,
  type Effect,
  type Local,
  localValue,
  type Operand,
  operandCode,
  type ResultType,
  typeCodes,
  type Value,
  type ValueType,
} from './values.ts'

export type Parameters = { readonly [name: string]: ValueType }
export type Locals<P extends Parameters> = { readonly [Name in keyof P]: Local<P[Name]> }
type Arguments<P extends Parameters> = { readonly [Name in keyof P]: Operand<P[Name]> }

/** A function of the module; `call` takes its arguments by name. */
export type FunctionReference<P extends Parameters, R extends ResultType> = {
  readonly name: string
  readonly index: number
  readonly call: (args: Arguments<P>) => Value<R>
}
export type Procedure<P extends Parameters> = FunctionReference<P, 'none'>

type Definition = {
  readonly name: string
  readonly signature: number[]
  readonly body: number[]
  readonly exported: boolean
}

/** 65,536 pages of 64 KiB: a shared memory must state a limit, and no larger one is possible. */
const largestMemory = 65536

export class ModuleBuilder {
  readonly #name: string
  readonly #sharedMemory: boolean
  readonly #functions: Definition[] = []

  constructor(options: { readonly name: string; readonly sharedMemory: boolean }) {
    this.#name = options.name
    this.#sharedMemory = options.sharedMemory
  }

  /** Defines a function without a result. */
  procedure<const P extends Parameters>(
    name: string,
    parameters: P,
    body: (f: FunctionBuilder, parameters: Locals<P>) => void,
    options: { readonly exported?: boolean } = {},
  ): Procedure<P> {
    const run = (f: FunctionBuilder, locals: Locals<P>): undefined => {
      body(f, locals)
      return undefined
    }
    return this.#define(name, parameters, 'none', run, options.exported ?? false)
  }

  /** Defines a function whose body returns the value of its result. */
  function<const P extends Parameters, R extends ValueType>(
    name: string,
    parameters: P,
    result: R,
    body: (f: FunctionBuilder, parameters: Locals<P>) => Value<R>,
    options: { readonly exported?: boolean } = {},
  ): FunctionReference<P, R> {
    return this.#define(name, parameters, result, body, options.exported ?? false)
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const limits = this.#sharedMemory ? [3, 1, ...unsignedLeb(largestMemory)] : [0, 1]
    const memory = [...nameBytes('env'), ...nameBytes('memory'), 2, ...limits]
    const exports = this.#functions.flatMap(({ name, exported }, index) =>
      exported ? [[...nameBytes(name), 0, ...unsignedLeb(index)]] : [],
    )
    const functionNames = this.#functions.map(({ name }, index) => [
      ...unsignedLeb(index),
      ...nameBytes(name),
    ])
    const names = [
      ...nameBytes('name'),
      ...[0, ...sized(nameBytes(this.#name))],
      ...[1, ...sized(vector(functionNames))],
    ]
    return joined([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, counted(this.#functions.map(({ signature }) => signature))),
      ...section(2, counted([memory])),
      ...section(3, counted(this.#functions.map((_, index) => unsignedLeb(index)))),
      ...section(7, counted(exports)),
      ...section(10, counted(this.#functions.map(({ body }) => body))),
      ...section(0, [names]),
    ])
  }

  #define<P extends Parameters, R extends ResultType>(
    name: string,
    parameters: P,
    result: R,
    body: (f: FunctionBuilder, parameters: Locals<P>) => Value<ValueType> | undefined,
    exported: boolean,
  ): FunctionReference<P, R> {
    const entries = Object.entries(parameters)
    const f = new FunctionBuilder(entries.length)
    const locals = entries.map(([key, type], index) => [key, localValue(type, index)] as const)
    const value = body(f, Object.fromEntries(locals) as Locals<P>)
    const results = result === 'none' ? [] : [[typeCodes[result as ValueType]]]
    const index = this.#functions.length
    this.#functions.push({
      name,
      signature: [
        0x60,
        ...vector(entries.map(([, type]) => [typeCodes[type]])),
        ...vector(results),
      ],
      body: f.encode(value),
      exported,
    })
    const call = (args: Arguments<P>): Value<R> =>
      code(
        result,
        ...entries.map(([key, type]) =>
          operandCode(type, args[key as keyof P] as Operand<ValueType>),
        ),
        [0x10, ...unsignedLeb(index)],
      )
    return { name, index, call }
  }
}

type Chunks = readonly (readonly number[])[]

const lengthOf = (chunks: Chunks): number => chunks.reduce((sum, { length }) => sum + length, 0)

/** Items after their number. */
const counted = (items: Chunks): Chunks => [unsignedLeb(items.length), ...items]

const section = (id: number, content: Chunks): Chunks => [
  [id, ...unsignedLeb(lengthOf(content))],
  ...content,
]

function joined(chunks: Chunks): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(chunks))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** memory.copy: `length` bytes, overlapping or not. */
export function memoryCopy(
  destination: Operand<'i32'>,
  source: Operand<'i32'>,
  length: Operand<'i32'>,
): Effect {
  const operands = [destination, source, length].map((operand) => operandCode('i32', operand))
  return code('none', ...operands, [0xfc, 0x0a, 0, 0])
}

/** memory.fill: `length` bytes of one value. */
export function memoryFill(
  destination: Operand<'i32'>,
  byte: Operand<'i32'>,
  length: Operand<'i32'>,
): Effect {
  const operands = [destination, byte, length].map((operand) => operandCode('i32', operand))
  return code('none', ...operands, [0xfc, 0x0b, 0])
}
