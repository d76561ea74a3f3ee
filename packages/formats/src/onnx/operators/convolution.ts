/** Conv and ConvTranspose, whose weights lie as the library's do. */
import { concat, conv, convTranspose, silu, slice, type Tensor, zeros } from 'striate'
import { showShape } from '../complain.ts'
import type { NodeContext, OperatorTable } from '../operator.ts'
import { type Pair, windowPadding } from './windows.ts'

function perAxis(node: NodeContext, name: string, rank: number): number[] {
  const sizes = node.ints(name)?.slice() ?? Array.from({ length: rank }, () => 1)
  if (sizes.length === rank && sizes.every((size) => Number.isSafeInteger(size) && size >= 1))
    return sizes
  return node.fail(`needs ${name} of ${rank} numbers of at least 1`, showShape(sizes))
}

/** `kernel_shape` only repeats what the weight says; a file in which it does not is wrong. */
function kernelOf(node: NodeContext): number[] {
  const kernel = node.value(1).shape.slice(2)
  const said = node.ints('kernel_shape')
  if (said && (said.length !== kernel.length || said.some((size, a) => size !== kernel[a])))
    node.fail(`needs the kernel_shape of its weight, ${showShape(kernel)}`, showShape(said))
  if (node.value(0).shape.length !== kernel.length + 2)
    node.fail(
      `needs an input of ${kernel.length + 2} axes for its weight`,
      showShape(node.value(0).shape),
    )
  return kernel
}

function convolution(node: NodeContext): Tensor {
  const kernel = kernelOf(node)
  const rank = kernel.length
  const stride = perAxis(node, 'strides', rank)
  const dilation = perAxis(node, 'dilations', rank)
  const space = node.value(0).shape.slice(2)
  const padding = windowPadding(node, { space, kernel, stride, dilation })
  return conv(node.input(0), node.input(1), {
    bias: node.optional(2),
    stride,
    dilation,
    groups: node.int('group', 1),
    padding,
  })
}

/**
 * `size = (input − 1)·stride + extent + output_padding − pads`. With `output_shape` or `auto_pad` the
 * pads follow from the size; an odd one goes to the end, or with SAME_UPPER to the begin.
 */
function transposed(node: NodeContext): Tensor {
  const kernel = kernelOf(node)
  const rank = kernel.length
  const stride = perAxis(node, 'strides', rank)
  const dilation = perAxis(node, 'dilations', rank)
  const space = node.value(0).shape.slice(2)
  const extra = node.ints('output_padding')?.slice() ?? kernel.map(() => 0)
  const autoPad = node.string('auto_pad', autoPads, 'NOTSET')
  const whole = space.map(
    (size, a) => (size - 1) * stride[a]! + dilation[a]! * (kernel[a]! - 1) + 1,
  )
  const isSame = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER'
  const wanted =
    node.ints('output_shape')?.slice(-rank) ??
    (isSame ? space.map((size, a) => size * stride[a]!) : undefined)
  const pads = node.ints('pads') ?? []
  const total = whole.map((size, a) => size + extra[a]! - (wanted?.[a] ?? size))
  const cuts = total.map((cells, a): Pair => {
    if (!wanted) return autoPad === 'VALID' ? [0, 0] : [pads[a] ?? 0, pads[a + rank] ?? 0]
    const half = Math.floor(Math.max(cells, 0) / 2)
    const rest = Math.max(cells, 0) - half
    return autoPad === 'SAME_UPPER' ? [half, rest] : [rest, half]
  })
  return convTranspose(node.input(0), node.input(1), {
    bias: node.optional(2),
    stride,
    dilation,
    groups: node.int('group', 1),
    padding: cuts,
    // A wanted size beyond what the windows reach is filled at the end.
    outputPadding: extra.map((cells, a) => cells + (wanted ? Math.max(-total[a]!, 0) : 0)),
  })
}

/**
 * Each channel with its own kernel, looking back only. What lies before the input is the state, which
 * comes back as the last cells that the next input will look at.
 */
function causal(node: NodeContext): Tensor[] {
  const [x, weight] = [node.input(0), node.input(1)]
  const [batch, channels] = x.shape as [number, number]
  const before = weight.shape[2]! - 1
  const whole =
    before === 0
      ? x
      : concat([node.optional(3) ?? zeros([batch, channels, before], { dtype: x.dtype }), x], 2)
  const y = conv(whole, weight, { bias: node.optional(2), groups: channels })
  const isPlain = node.string('activation', ['none', 'silu', 'swish'], 'none') === 'none'
  const state =
    before === 0 ? zeros([batch, channels, 0]) : slice(whole, [-before], [], { axes: [2] })
  return [isPlain ? y : silu(y), state]
}

const autoPads = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'] as const

const attributes = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']

export const convolutionOperators: OperatorTable = {
  Conv: { attributes, build: convolution },
  ConvTranspose: {
    attributes: [...attributes, 'output_padding', 'output_shape'],
    build: transposed,
  },
  CausalConvWithState: { attributes: ['activation'], since: 27, build: causal },
}
