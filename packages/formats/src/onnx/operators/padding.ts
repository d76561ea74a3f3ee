/** Pad and CenterCropPad: cells added before and after, or cut. */
import { type PadOptions, pad, type Tensor } from 'striate'
import { showShape } from '../complain.ts'
import type { NodeContext, OperatorTable } from '../operator.ts'
import { axesOf } from './arrangement.ts'
import { checkTaps, type Pair, pairsOf } from './windows.ts'

const modes: Readonly<
  Record<'constant' | 'reflect' | 'edge' | 'wrap', PadOptions['mode'] & string>
> = {
  constant: 'constant',
  reflect: 'reflect',
  edge: 'replicate',
  wrap: 'circular',
}

function padded(node: NodeContext): Tensor {
  const x = node.input(0)
  const pads = node.numbersOr(1, 'pads') ?? node.fail('needs pads', 'none')
  const axes = node.has(3) ? axesOf(node, node.numbers(3), x.rank) : x.shape.map((_, axis) => axis)
  if (pads.length !== 2 * axes.length)
    node.fail(`needs ${2 * axes.length} pads, two for each axis`, showShape(pads))
  const mode = modes[node.string('mode', ['constant', 'reflect', 'edge', 'wrap'], 'constant')]
  for (const [i, axis] of axes.entries())
    checkTaps(node, Math.abs(pads[i]!) + x.shape[axis]! + Math.abs(pads[i + axes.length]!), 1)
  const value = node.has(2) ? (node.numbers(2)[0] ?? 0) : node.float('value', 0)
  return pad(x, pairsOf(pads, axes.length), { mode, axes, value })
}

/** Cuts or pads each axis to a size, evenly; an odd cell goes to the end of a pad, to the begin of what is kept. */
function centred(node: NodeContext): Tensor {
  const x = node.input(0)
  const sizes = node.numbers(1)
  const axes = axesOf(node, node.ints('axes') ?? x.shape.map((_, axis) => axis), x.rank)
  const pairs = axes.map((axis, i): Pair => {
    const missing = sizes[i]! - x.shape[axis]!
    const before = missing > 0 ? Math.floor(missing / 2) : -Math.floor(-missing / 2)
    return [before, missing - before]
  })
  return pad(x, pairs, { axes })
}

export const paddingOperators: OperatorTable = {
  Pad: { attributes: ['mode', 'pads', 'value'], settings: [1, 2, 3], build: padded },
  CenterCropPad: { attributes: ['axes'], settings: [1], since: 18, build: centred },
}
