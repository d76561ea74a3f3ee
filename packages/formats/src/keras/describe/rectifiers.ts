/** Choices by a comparison with a number, as Keras's rectifiers. */
import type { Chart, Held } from './chart.ts'
import type { Entry } from './entry.ts'
import { type Charting, type Given, layer } from './values.ts'

const isSame = (given: Given | undefined, value: Held): given is Held =>
  typeof given === 'object' &&
  given.kind === 'held' &&
  JSON.stringify(given.from) === JSON.stringify(value.from) &&
  `${given.order}` === `${value.order}`

/** The layer that makes the one value of the other. */
function between(value: Held, given: Given | undefined, { layers }: Chart): Partial<Entry> {
  if (typeof given !== 'object' || given.kind !== 'held') return {}
  const made = layers.find(({ name }) => name === given.from.layer)
  return made && isSame(made.calls[given.from.call]![0], value) ? made.entry : {}
}

/** What `where` gives, if one of Keras's rectifiers gives the same. At the bound both choices are one number. */
export function rectified(
  [condition, whenTrue, whenFalse]: readonly Given[],
  charting: Charting,
): Held | null {
  if (typeof condition !== 'object' || condition.kind !== 'compared') return null
  const { of: x, isAbove, bound } = condition
  const made = (className: string, config: Entry['config']): Held =>
    layer(charting, { className, config }, [x], x.order)
  if (!isAbove)
    return bound === 0 && whenTrue === 0 && isSame(whenFalse, x)
      ? made('Activation', { activation: 'relu' })
      : null
  const { className, config } = between(x, whenFalse, charting.chart)
  const isRelu = className === 'Activation' && config?.activation === 'relu'
  const isRectified = isRelu || (isSame(whenFalse, x) && x.isNonNegative)
  if (bound > 0 && whenTrue === bound && isRectified)
    return made('ReLU', { max_value: bound, negative_slope: 0, threshold: 0 })
  const isScaled = className === 'Rescaling' && config?.offset === 0
  return bound === 0 && isSame(whenTrue, x) && isScaled
    ? made('LeakyReLU', { negative_slope: config.scale! })
    : null
}
