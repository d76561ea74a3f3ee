/** Padding layers as Keras's: zeros are a layer, other constants an operation. */
import type { LayerCall } from '../description.ts'
import { number, tuple } from '../python/literals.ts'
import type { Pair } from '../windows.ts'
import { identityOrder } from './flow.ts'
import {
  channelOf,
  formatWord,
  givenOf,
  isLast,
  optionsAt,
  rankAt,
  type Write,
  words,
} from './write.ts'

/** `[low, high]` per axis of the first argument of a padding layer. */
function padPairs(call: LayerCall): Pair[] {
  const cells = givenOf(call)[0] as number | readonly (number | Pair)[]
  return identityOrder(rankAt(call.module.recipe!.builder)).map((axis): Pair => {
    const own = typeof cells === 'number' ? cells : cells[axis]!
    return typeof own === 'number' ? [own, own] : own
  })
}

export const zeroPad: Write = (call, x, { flow }) => {
  const pairs = padPairs(call)
  const rank = pairs.length
  const ready = flow.layered(x, channelOf(optionsAt(call, 1), x))
  if (pairs.flat().some((count) => count < 0)) return null
  const list = rank === 1 ? tuple(pairs[0]!) : tuple(pairs.map((pair) => tuple(pair)))
  const text = `layers.ZeroPadding${rank}D(${words(list, formatWord(flow))})`
  return flow.state([ready], call.output, ready.order, ([name]) => `${text}(${name})`)
}

export const constantPad: Write = (call, x, { flow }) => {
  const first = isLast(optionsAt(call, 2)) ? 1 : 2
  const value = number(givenOf(call)[1] as number)
  return flow.state([x], call.output, x.order, ([name]) =>
    padPairs(call).reduce<string>((text, [low, high], a) => {
      if (low === 0 && high === 0) return text
      const axis = x.order.indexOf(first + a)
      return `${flow.use('pad_axis')}(${text}, ${axis}, ${low}, ${high}, "zeros", ${value})`
    }, name!),
  )
}
