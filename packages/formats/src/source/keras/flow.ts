/** A Keras program as it grows: statements on values that know in which order their axes lie. */
import type { Size, ValueType } from '../body.ts'
import { tuple } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { call, type Text } from '../text.ts'

/** Axis `p` of what the program holds is axis `order[p]` of what the network speaks of. */
export type AxisOrder = readonly number[]

/** A value of the program, by number. */
export interface Held {
  readonly id: number
  readonly order: AxisOrder
  readonly type: ValueType
  /** Whether it is true or false, which Keras has a type for. */
  readonly isTruth?: boolean
}

export interface Statement {
  readonly result: number
  readonly inputs: readonly number[]
  readonly text: (names: readonly string[]) => Text
}

export const identityOrder = (rank: number): AxisOrder => Array.from({ length: rank }, (_, a) => a)

export const isSameOrder = (a: AxisOrder, b: AxisOrder): boolean =>
  a.length === b.length && a.every((axis, p) => axis === b[p])

/** The order with the channels at the end, or behind the batch. */
export function channelOrder(rank: number, channel: number, last: boolean): AxisOrder {
  const others = identityOrder(rank).filter((axis) => axis !== 0 && axis !== channel)
  return last ? [0, ...others, channel] : [0, channel, ...others]
}

/** Collects statements. */
export class Flow {
  readonly statements: Statement[] = []
  /** Whether layers have their channels at the end. */
  readonly channelsLast: boolean
  /** Notes that a helper is used, and gives its name back. */
  readonly use: (helper: string) => string
  #last = 0

  constructor(channelsLast: boolean, use: (helper: string) => string) {
    this.channelsLast = channelsLast
    this.use = use
  }

  /** A value that comes from elsewhere. */
  given(type: ValueType, order: AxisOrder): Held {
    return { id: this.#last++, order, type }
  }

  /** A new value: what `text` says of the names of the inputs. */
  state(
    inputs: readonly Held[],
    type: ValueType,
    order: AxisOrder,
    text: (names: readonly string[]) => Text,
    isTruth = false,
  ): Held {
    const held = { id: this.#last++, order, type, isTruth }
    this.statements.push({ result: held.id, inputs: inputs.map(({ id }) => id), text })
    return held
  }

  /** The value with its axes in another order. */
  ordered(value: Held, order: AxisOrder): Held {
    if (isSameOrder(value.order, order)) return value
    const axes = order.map((axis) => value.order.indexOf(axis))
    return this.state([value], value.type, order, ([x]) =>
      axes[0] === 0
        ? call(`layers.Permute(${tuple(axes.slice(1))})`, x!)
        : call('ops.transpose', x!, tuple(axes)),
    )
  }

  /** The value with its axes as the network speaks of them. */
  plain(value: Held): Held {
    return this.ordered(value, identityOrder(value.order.length))
  }

  /** Channels where Keras's layers want them; `channel` is their axis in the network. */
  layered(value: Held, channel: number): Held {
    return this.ordered(value, channelOrder(value.order.length, channel, this.channelsLast))
  }

  /** Sizes as the program holds them. */
  sizesOf({ type, order }: Held): readonly Size[] {
    return order.map((axis) => type.shape[axis]!)
  }
}

/** A size that is known. */
export const known = (where: string, size: Size): number =>
  typeof size === 'number' ? size : refuse(where, 'a size that depends on the batch')
