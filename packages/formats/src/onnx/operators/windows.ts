/** Where the windows of convolution and pooling stand: ONNX's pads and auto_pad as pairs. */
import { showShape } from '../complain.ts'
import { LeftForLater, type NodeContext } from '../operator.ts'

export type Pair = [low: number, high: number]

export interface Windows {
  readonly space: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

/** ONNX writes all begins, then all ends. */
export const pairsOf = (pads: readonly number[], rank: number): Pair[] =>
  Array.from({ length: rank }, (_, a): Pair => [pads[a]!, pads[a + rank]!])

export function windowPadding(node: NodeContext, windows: Windows): Pair[] {
  const { space, kernel, stride, dilation } = windows
  const rank = kernel.length
  const mode = node.string('auto_pad', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'], 'NOTSET')
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    return space.map((size, a): Pair => {
      const outputs = Math.ceil(size / stride[a]!)
      const extent = dilation[a]! * (kernel[a]! - 1) + 1
      const total = Math.max((outputs - 1) * stride[a]! + extent - size, 0)
      const half = Math.floor(total / 2)
      return mode === 'SAME_UPPER' ? [half, total - half] : [total - half, half]
    })
  }
  const pads = node.ints('pads')
  if (mode === 'VALID' || pads === undefined) return kernel.map((): Pair => [0, 0])
  if (pads.length !== 2 * rank || pads.some((cells) => cells < 0))
    node.fail(`needs pads of ${2 * rank} numbers of at least 0`, showShape(pads))
  return pairsOf(pads, rank)
}

/** Maps along an axis are laid out tap by tap when the graph is built; no network has axes of more taps. */
const mostTaps = 2 ** 24

/** As many as a file may make lay out before anybody runs it. */
const mostUnasked = 2 ** 19

/** Refuses settings whose maps, or planes of counts, would fill the memory. */
export function checkTaps(node: NodeContext, outputs: number, kernel: number): void {
  const taps = outputs * kernel
  if (!(taps <= mostTaps)) node.fail(`needs at most ${mostTaps} taps`, `${outputs} × ${kernel}`)
  if (node.around.cautious && taps > mostUnasked) throw new LeftForLater()
}
