/** Convolution layers as Keras's, which pad by name or not at all. */
import { sizes, tuple } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { convolutionOf, isNothing, type Pair, type WindowSettings } from '../windows.ts'
import { type Held, identityOrder } from './flow.ts'
import { formatWord, type Write, weight, words } from './write.ts'

/** Keras says a stride or a dilation, not both, on whatever axes they are. */
function checkSteps(where: string, { stride, dilation }: WindowSettings): void {
  if (stride.some((each) => each > 1) && dilation.some((each) => each > 1))
    refuse(where, 'a convolution with a stride and a dilation', 'Keras takes one of both')
}

export const convolution: Write = (call, x, { flow, where, layer }) => {
  const settings = convolutionOf(call.module)
  const { rank, kernel, stride, dilation, groups, inChannels, outChannels, bias } = settings
  checkSteps(where, settings)
  if (settings.paddingMode !== 'zeros' && !isNothing(settings.pads)) return paddedByMode()
  return apply(x, settings.pads)

  function apply(input: Held, pads: readonly Pair[]): Held {
    const channel = settings.layout === 'channels-last' ? rank + 1 : 1
    const ready = flow.layered(input, channel)
    const own = keywords()
    const { padding, pad } = spelled(pads)
    const padded =
      pad === null
        ? ready
        : flow.state([ready], ready.type, ready.order, ([value]) => `${pad}(${value})`)
    const isDepthwise =
      groups > 1 && groups === inChannels && rank < 3 && stride.every((each) => each === stride[0])
    const multiplier = outChannels / inChannels
    const head = isDepthwise
      ? words(
          `layers.DepthwiseConv${rank}D(${sizes(kernel)}`,
          multiplier !== 1 && `depth_multiplier=${multiplier}`,
        )
      : words(
          `layers.Conv${rank}D(${outChannels}, ${sizes(kernel)}`,
          groups !== 1 && `groups=${groups}`,
        )
    const space = identityOrder(rank)
    const kernelRule = isDepthwise
      ? {
          state: 'weight',
          shape: [inChannels, multiplier, ...kernel],
          axes: [...space.map((a) => a + 2), 0, 1],
        }
      : { state: 'weight', axes: [...space.map((a) => a + 2), 1, 0] }
    const rules = [kernelRule, ...(bias ? [weight('bias')] : [])]
    const name = layer(call.module, words(head, ...own, padding), rules)
    return flow.state([padded], call.output, ready.order, ([value]) => `${name}(${value})`)
  }

  function keywords(): string[] {
    return [
      stride.every((each) => each === 1) ? '' : `strides=${sizes(stride)}`,
      dilation.every((each) => each === 1) ? '' : `dilation_rate=${sizes(dilation)}`,
      bias ? '' : 'use_bias=False',
      formatWord(flow),
    ]
  }

  /** Keras's names of paddings where they are the same; else a layer before that pads. */
  function spelled(pads: readonly Pair[]): { padding: string; pad: string | null } {
    const extent = kernel.map((taps, a) => dilation[a]! * (taps - 1))
    if (isNothing(pads)) return { padding: '', pad: null }
    const isSame = pads.every(
      ([low, high], a) =>
        low === Math.floor(extent[a]! / 2) && high === extent[a]! - low && stride[a] === 1,
    )
    if (isSame) return { padding: 'padding="same"', pad: null }
    if (rank === 1 && pads[0]![0] === extent[0] && pads[0]![1] === 0 && flow.channelsLast)
      return { padding: 'padding="causal"', pad: null }
    const list = pads.map(([low, high]) => tuple([low, high]))
    const cells = rank === 1 ? list[0]! : tuple(list)
    const pad = `layers.ZeroPadding${rank}D(${words(cells, formatWord(flow))})`
    return { padding: '', pad }
  }

  function paddedByMode(): Held | null {
    const first = settings.layout === 'channels-last' ? 1 : 2
    const pads = settings.pads
    const ready = flow.layered(x, settings.layout === 'channels-last' ? rank + 1 : 1)
    const shape = ready.type.shape.map((size, axis) => {
      const pair = pads[axis - first]
      return axis < first || pair === undefined || typeof size !== 'number'
        ? size
        : size + pair[0] + pair[1]
    })
    const padded = flow.state([ready], { ...ready.type, shape }, ready.order, ([name]) =>
      pads.reduce<string>((text, [low, high], a) => {
        if (low === 0 && high === 0) return text
        const axis = ready.order.indexOf(first + a)
        return `${flow.use('pad_axis')}(${text}, ${axis}, ${low}, ${high}, "${settings.paddingMode}")`
      }, name!),
    )
    return apply(
      padded,
      pads.map((): Pair => [0, 0]),
    )
  }
}

export const transposed: Write = (call, x, { flow, where, layer }) => {
  const settings = convolutionOf(call.module)
  const { rank, kernel, stride, dilation, groups, pads, input, output, bias } = settings
  if (settings.paddingMode !== 'zeros')
    return refuse(where, `a transposed convolution with padding mode '${settings.paddingMode}'`)
  if (groups > 1) return refuse(where, 'a transposed convolution in groups', 'Keras has none')
  checkSteps(where, settings)
  const ready = flow.layered(x, settings.layout === 'channels-last' ? rank + 1 : 1)
  const extent = kernel.map((taps, a) => dilation[a]! * (taps - 1) + 1)
  // Without padding Keras gives at least a stride for every input cell.
  const natural = input.map((cells, a) => cells * stride[a]! + Math.max(extent[a]! - stride[a]!, 0))
  const wanted = output.map((cells, a) => cells + pads[a]![0])
  const isShort = wanted.some((cells, a) => cells > natural[a]!)
  const added = wanted.map((cells, a) =>
    Math.max(0, cells - (input[a]! - 1) * stride[a]! - extent[a]!),
  )
  if (isShort && added.some((cells, a) => cells >= stride[a]!))
    return refuse(where, 'an output padding as large as the stride')
  const full = isShort
    ? added.map((cells, a) => (input[a]! - 1) * stride[a]! + extent[a]! + cells)
    : natural
  const crops = wanted.map((cells, a): Pair => [pads[a]![0], full[a]! - cells])
  const text = words(
    `layers.Conv${rank}DTranspose(${settings.outChannels}, ${sizes(kernel)}`,
    stride.some((each) => each !== 1) && `strides=${sizes(stride)}`,
    dilation.some((each) => each !== 1) && `dilation_rate=${sizes(dilation)}`,
    isShort && `output_padding=${sizes(added)}`,
    !bias && 'use_bias=False',
    formatWord(flow),
  )
  const axes = [...identityOrder(rank).map((a) => a + 2), 1, 0]
  const rules = [{ state: 'weight', axes }, ...(bias ? [weight('bias')] : [])]
  const name = layer(call.module, text, rules)
  const list = crops.map(([low, high]) => tuple([low, high]))
  const cells = rank === 1 ? list[0]! : tuple(list)
  const crop = `layers.Cropping${rank}D(${words(cells, formatWord(flow))})`
  const y = flow.state([ready], call.output, ready.order, ([value]) => `${name}(${value})`)
  return isNothing(crops)
    ? y
    : flow.state([y], call.output, ready.order, ([value]) => `${crop}(${value})`)
}
