/** Convolutions whose weights are computed, maxima over windows, padding and enlarging between layers. */
import type { Layout, Tensor } from 'striate'
import type { MapKey, WindowAxis } from '../../source/body.ts'
import { channelOrder } from '../../source/keras/flow.ts'
import { formOf, type MapForm, type ResizeForm, type WindowForm } from '../../source/mapForms.ts'
import type { Rank } from '../shapes.ts'
import type { Held } from './chart.ts'
import { enlarging } from './enlarging.ts'
import { dataFormat, type Pairs, padEntries, refuse } from './entry.ts'
import { maxPoolEntries } from './pools.ts'
import { alongAxis, inTurn, layoutOf } from './spread.ts'
import {
  asSource,
  type Charting,
  type Given,
  held,
  type Lower,
  type WindowTotal,
} from './values.ts'
import { convolutionEntries } from './windows.ts'

/** The window of a map or of a convolution along an axis. */
type Window = Pick<WindowAxis, 'input' | 'output' | 'kernel' | 'stride' | 'dilation' | 'low'>

const settingsOf = (axes: readonly Window[], layout: Layout) => ({
  rank: axes.length,
  layout,
  kernel: axes.map(({ kernel }) => kernel),
  stride: axes.map(({ stride }) => stride),
  dilation: axes.map(({ dilation }) => dilation),
  input: axes.map(({ input }) => input),
  output: axes.map(({ output }) => output),
  pads: axes.map(({ input, output, kernel, stride, dilation, low }) => {
    const high = (output - 1) * stride + dilation * (kernel - 1) + 1 - input - low
    return [low, low < 0 ? high : Math.max(high, 0)] as const
  }),
})

const knownTensor = (given: Given | undefined): Tensor | null =>
  typeof given === 'object' && given.kind === 'known' ? given.tensor : null

/** Of weights that are computed from others: a layer with what they are now. */
export const computedConvolution: Lower<'convolution'> = ({ attributes }, inputs, charting) => {
  const { axes, groups, inChannels, outChannels } = attributes
  const [x, weight, bias] = [held(inputs[0], charting), knownTensor(inputs[1]), inputs[2]]
  if (weight === null || (bias !== undefined && knownTensor(bias) === null))
    return refuse(charting, 'a convolution whose kernel is a value', asSource)
  if (axes.some(({ flip, upsample }) => flip || upsample !== 1))
    return refuse(charting, 'a transposed convolution whose weights are computed', asSource)
  const rank = axes.length
  const channel = attributes.layout === 'channels-last' ? rank + 1 : 1
  const layout = charting.chart.layout ?? attributes.layout
  const ready = charting.chart.ordered(
    x,
    channelOrder(rank + 2, channel, layout === 'channels-last'),
    charting,
  )
  const states = { weight, ...(bias === undefined ? {} : { bias: knownTensor(bias)! }) }
  const settings = { ...settingsOf(axes, layout), inChannels, outChannels, groups }
  const entries = convolutionEntries(
    charting,
    { ...settings, bias: bias !== undefined },
    rank as Rank,
    dataFormat({ layout }),
    { states },
  )
  return inTurn(charting, entries, ready)
}

export const windowed: Lower<'windowMax'> = (
  { attributes: { first, maps } },
  [given],
  charting,
) => {
  const x = held(given, charting)
  const windows = maps.map((map) => {
    const form = formOf(map)
    return form.kind === 'window'
      ? form
      : refuse(charting, 'the largest of cells that are no windows')
  })
  const layout = layoutOf(
    x,
    maps.map((_, a) => first + a),
  )
  if (layout === null)
    return refuse(charting, 'windows that are not those of all of space', asSource)
  return inTurn(
    charting,
    maxPoolEntries(charting, settingsOf(windows, layout), layout, x.isNonNegative),
    x,
  )
}

export const mapped: Lower<'axisMap'> = ({ attributes: { maps } }, [given], charting) => {
  const x = held(given, charting)
  const forms = maps.map(([axis, map]) => [axis, formOf(map), map] as const)
  if (forms.every(([, form]) => form.kind === 'pad' && form.mode === 'zeros'))
    return padded(x, forms as readonly FormAt<Extract<MapForm, { kind: 'pad' }>>[], charting)
  if (forms.every(([, form]) => form.kind === 'resize'))
    return enlarged(x, forms as readonly FormAt<ResizeForm>[], charting)
  const sums = forms.every(([, form]) => form.kind === 'window')
    ? summed(x, forms as readonly FormAt<WindowForm>[])
    : null
  return sums ?? refuse(charting, 'cells that are weighed along an axis', asSource)
}

type FormAt<Form> = readonly [axis: number, form: Form, map: MapKey]

/** Sums of windows over all of space. */
function summed(x: Held, forms: readonly FormAt<WindowForm>[]): WindowTotal | null {
  const layout = layoutOf(
    x,
    forms.map(([axis]) => axis),
  )
  if (layout === null) return null
  const windows = settingsOf(
    forms.map(([, form]) => form),
    layout,
  )
  return { kind: 'windowTotal', of: x, windows }
}

function padded(
  x: Held,
  forms: readonly FormAt<Extract<MapForm, { kind: 'pad' }>>[],
  charting: Charting,
): Held {
  const layout = layoutOf(
    x,
    forms.map(([axis]) => axis),
  )
  const pairs: Pairs = forms.map(([, { low, high }]) => [low, high])
  const isCut = pairs.some(([low, high]) => low < 0 || high < 0)
  if (layout !== null && !(isCut && layout === 'channels-first' && pairs.length === 1))
    return inTurn(charting, padEntries(charting, pairs, dataFormat({ layout })), x)
  return forms.reduce(
    (value, [axis], at) =>
      alongAxis(charting, value, axis, (image) =>
        inTurn(charting, padEntries(charting, [[0, 0], pairs[at]!], 'channels_last'), image),
      ),
    x,
  )
}

function enlarged(x: Held, forms: readonly FormAt<ResizeForm>[], charting: Charting): Held {
  const [first] = forms
  const { mode } = first![1]
  const isPlain = forms.every(
    ([, form]) =>
      form.mode === mode &&
      !form.alignCorners &&
      (form.scale === form.input / form.output || form.input === 1),
  )
  const layout = layoutOf(
    x,
    forms.map(([axis]) => axis),
  )
  const [from, to] = [forms.map(([, { input }]) => input), forms.map(([, { output }]) => output)]
  const whole = isPlain && layout !== null && enlarging(mode, from, to, dataFormat({ layout }))
  if (whole) return inTurn(charting, [whole], x)
  // What is repeated can be repeated axis by axis.
  const each = forms.map(([, { input, output }]) =>
    isPlain ? enlarging(mode, [1, input], [1, output], 'channels_last') : null,
  )
  return each.reduce<Held>((value, entry, at) => {
    if (entry === null || entry.config.interpolation !== 'nearest')
      return refuse(charting, 'another enlargement than by whole factors', asSource)
    return alongAxis(charting, value, forms[at]![0], (image) => inTurn(charting, [entry], image))
  }, x)
}
