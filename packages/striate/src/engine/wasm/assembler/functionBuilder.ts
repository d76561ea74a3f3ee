/** The body of one function: locals, assignments, structured control and counted loops. */
import { sized, unsignedLeb, vector } from './bytes.ts'
import { i32 } from './scalar.ts'
import {
  append,
  type Code,
  type Effect,
  type Local,
  localValue,
  type Operand,
  operandCode,
  typeCodes,
  type Value,
  type ValueType,
} from './values.ts'

/** The target of a branch: leaving a block, or the next round of a loop. */
export type Label = { readonly depth: number }

export class FunctionBuilder {
  readonly #code: number[] = []
  readonly #parameters: number
  readonly #locals: ValueType[] = []
  #depth = 0

  constructor(parameters: number) {
    this.#parameters = parameters
  }

  /** A new local, 0 at the start of the function. */
  local<T extends ValueType>(type: T): Local<T> {
    this.#locals.push(type)
    return localValue(type, this.#parameters + this.#locals.length - 1)
  }

  /** A new local that holds the value as it is now. */
  let<T extends ValueType>(value: Value<T>): Local<T> {
    const local = this.local(value.type)
    this.set(local, value as Operand<T>)
    return local
  }

  set<T extends ValueType>(local: Local<T>, value: Operand<T>): void {
    this.#emit(operandCode(local.type, value), [0x21, ...unsignedLeb(local.index)])
  }

  /** Adds to a local. */
  add(local: Local<'i32'>, value: Operand<'i32'>): void {
    this.set(local, i32.add(local, value))
  }

  do(...effects: Effect[]): void {
    for (const effect of effects) this.#emit(effect.code)
  }

  if(condition: Operand<'i32'>, then: () => void, otherwise?: () => void): void {
    this.#emit(operandCode('i32', condition))
    this.#nested(0x04, () => {
      then()
      if (otherwise !== undefined) {
        this.#emit([0x05])
        otherwise()
      }
    })
  }

  /** `br(label)` inside goes to the end of the block. */
  block(body: (end: Label) => void): void {
    this.#nested(0x02, body)
  }

  /** `br(label)` inside goes to the start; falling off the end leaves the loop. */
  loop(body: (again: Label) => void): void {
    this.#nested(0x03, body)
  }

  br(label: Label): void {
    this.#emit([0x0c, ...unsignedLeb(this.#depth - label.depth)])
  }

  brIf(label: Label, condition: Operand<'i32'>): void {
    this.#emit(operandCode('i32', condition), [0x0d, ...unsignedLeb(this.#depth - label.depth)])
  }

  return(): void {
    this.#emit([0x0f])
  }

  /** Runs the body as long as the condition holds, which is tested before each round. */
  while(condition: Value<'i32'>, body: () => void): void {
    this.if(condition, () =>
      this.loop((again) => {
        body()
        this.brIf(again, condition)
      }),
    )
  }

  /** Runs the body `count` times (not at all for 0 or less), counting the local down to 0. */
  times(count: Local<'i32'>, body: () => void): void {
    this.while(i32.gtS(count, 0), () => {
      body()
      this.set(count, i32.sub(count, 1))
    })
  }

  /** for (index = from; index < to; index += step), signed. */
  for(
    index: Local<'i32'>,
    range: {
      readonly from?: Operand<'i32'>
      readonly to: Operand<'i32'>
      readonly step?: Operand<'i32'>
    },
    body: () => void,
  ): void {
    this.set(index, range.from ?? 0)
    this.while(i32.ltS(index, range.to), () => {
      body()
      this.add(index, range.step ?? 1)
    })
  }

  /** The function's entry in the code section. */
  encode(result?: Value<ValueType>): number[] {
    if (result) append(result.code, this.#code)
    const locals = vector(this.#locals.map((type) => [1, typeCodes[type]]))
    return sized(locals.concat(this.#code, 0x0b))
  }

  #nested(opcode: number, body: (label: Label) => void): void {
    this.#emit([opcode, 0x40])
    this.#depth++
    body({ depth: this.#depth })
    this.#depth--
    this.#emit([0x0b])
  }

  #emit(...parts: Code[]): void {
    append(parts, this.#code)
  }
}
