/** A layer of the library on a value of the chart. */
import type { Layout, nn } from 'striate'
import type { LayerCall } from '../../source/description.ts'
import { type AxisOrder, channelOrder, identityOrder } from '../../source/keras/flow.ts'
import { type ChartLayer, type Held, under } from './chart.ts'
import { type Entry, refuse } from './entry.ts'
import { describers } from './table.ts'
import type { Charting } from './values.ts'

/** Layers that have their channels at one of two places. */
const spatial =
  /^(conv|convTranspose|maxPool|avgPool|adaptive\w+|zeroPad|batchNorm|instanceNorm|dropout)[123]d$|^global|^groupNorm$|^upsample$/
/** Layers for which the axes must lie as the network speaks of them. */
const inOrder = /^(flatten|unflatten|embedding|layerNorm|rmsNorm)$/
/** Layers that work along the last axis. */
const alongLast = /^(linear|logSoftmax)$/
/** Layers that do something else in training than in use, which operations would not know. */
const trains = /^(batchNorm|instanceNorm|dropout)/

/** What the layer gives; null where Keras has none, but its operations may be sayable. */
export function layerValue(
  call: LayerCall,
  x: Held,
  charting: Charting,
  made: Map<nn.Layer, ChartLayer>,
): Held | null {
  const { chart, path } = charting
  const { layer, recipe } = call.module
  const { builder, arguments: given } = recipe!
  const describer = Object.hasOwn(describers, builder) ? describers[builder] : undefined
  if (describer === undefined) {
    if (trains.test(builder)) refuse(charting, builder)
    return null
  }
  const rank = x.order.length
  const isLast = given.some(
    (each) => (each as { layout?: unknown } | null)?.layout === 'channels-last',
  )
  const own: Layout = isLast ? 'channels-last' : 'channels-first'
  // Keras drops whole channels of series, and repeats their cells, with the channels last alone.
  const isSeries = builder === 'dropout1d' || (builder === 'upsample' && rank === 3)
  const layout = isSeries ? 'channels-last' : (chart.layout ?? own)
  const ready = arranged()
  const entries = describer({
    ...charting,
    layer,
    arguments: given,
    call,
    layout,
    placeOf: (axis) => ready.order.indexOf(axis),
    isNonNegative: ready.isNonNegative,
  })
  const order = orderAfter(ready.order, call.output.shape.length)
  return entries.reduce((value, entry) => placed(entry, value, order), ready)

  function arranged(): Held {
    if (spatial.test(builder))
      return chart.ordered(
        x,
        channelOrder(rank, isLast ? rank - 1 : 1, layout === 'channels-last'),
        charting,
      )
    const isNeeded =
      inOrder.test(builder) || (alongLast.test(builder) && x.order.at(-1) !== rank - 1)
    return isNeeded ? chart.plain(x, charting) : x
  }

  function placed(entry: Entry, value: Held, after: AxisOrder): Held {
    const hasWeights = entry.source !== undefined
    const before = hasWeights ? made.get(layer) : undefined
    if (before !== undefined) {
      if (JSON.stringify(before.entry.config) !== JSON.stringify(entry.config))
        refuse(charting, 'calls that pad in different ways')
      return chart.again(before, [value], after)
    }
    const name =
      hasWeights || entries.length === 1 ? path : under(path, entry.className.toLowerCase())
    const next = chart.add(entry, [value], { path: name, order: after })
    if (hasWeights) made.set(layer, chart.layers.at(-1)!)
    return next
  }
}

/** Layers that keep the number of axes keep their order; others give them as the network speaks of them. */
const orderAfter = (order: AxisOrder, rank: number): AxisOrder =>
  rank === order.length ? order : identityOrder(rank)
