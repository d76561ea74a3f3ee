/**
 * The one equation and its gradient with respect to the weight, for any geometry: the primitives
 * behind every convolution. The sum is linear in each of input and weight, so the two primitives and
 * the adjoint geometry are each other's derivatives, of any order.
 */
import {
  lowerConvolution,
  lowerWeightGradient,
  poolsConvolution,
} from '../../engine/wasm/lower/chooser.ts'
import { convolutionCell, weightGradientCell } from '../../engine/wasm/proof/convolution.ts'
import { adjointAxis, tapRange } from '../../geometry/axis.ts'
import {
  type ConvolutionGeometry,
  isTransposed,
  nominalMultiplyAdds,
  outputShape,
  weightShape,
} from '../../geometry/convolution.ts'
import { layoutStrides } from '../../geometry/layout.ts'
import type { Operator } from '../../tensor/operator.ts'
import { sizeOf, stridesOf, walk } from '../../tensor/shape.ts'

/** The geometry of the gradient with respect to the input: outputs become inputs. */
export const adjointGeometry = (g: ConvolutionGeometry): ConvolutionGeometry => ({
  ...g,
  inChannels: g.outChannels,
  outChannels: g.inChannels,
  axes: g.axes.map(adjointAxis),
})

/** `y = bias + Σ weight · x`: inputs x, weight and, optionally, bias of `outChannels`. */
export const convolution: Operator<ConvolutionGeometry> = {
  name: 'convolution',

  infer: ([x], geometry) => ({ shape: outputShape(geometry), dtype: x!.dtype }),

  reference({ inputs: [x, w, bias], output, attributes }) {
    if (bias) {
      const { channel, batch } = outputStrides(attributes)
      const { outChannels } = attributes
      const isLast = attributes.layout === 'channels-last'
      for (let o = 0; o < output.length; o++)
        output[o] = bias[isLast ? o % outChannels : Math.floor((o % batch) / channel)]!
    }
    forEachTap(attributes, (xi, wi, yi) => {
      output[yi]! += w![wi]! * x![xi]!
    })
  },

  lower: lowerConvolution,
  pools: poolsConvolution,
  cell: convolutionCell,

  work: (_, __, geometry) => ({ multiplyAdds: nominalMultiplyAdds(geometry) }),
}

/** `Σ x · dy` over batch and space: inputs x and the gradient of the output, output like the weight. */
export const convolutionWeightGradient: Operator<ConvolutionGeometry> = {
  name: 'convolutionWeightGradient',

  infer: ([x], geometry) => ({ shape: weightShape(geometry), dtype: x!.dtype }),

  reference({ inputs: [x, dy], output, attributes }) {
    forEachTap(attributes, (xi, wi, yi) => {
      output[wi]! += dy![yi]! * x![xi]!
    })
  },

  lower: lowerWeightGradient,
  cell: weightGradientCell,

  work: (_, __, geometry) => ({ multiplyAdds: nominalMultiplyAdds(geometry) }),
}

const outputStrides = (g: ConvolutionGeometry): ReturnType<typeof layoutStrides> =>
  layoutStrides(
    g.layout,
    g.outChannels,
    g.axes.map((axis) => axis.output),
  )

/** Visits every product of the sum by its offsets in input, weight and output. */
function forEachTap(
  g: ConvolutionGeometry,
  visit: (x: number, w: number, y: number) => void,
): void {
  const { axes, groups } = g
  const inputs = g.inChannels / groups
  const outputs = g.outChannels / groups
  const xs = layoutStrides(
    g.layout,
    g.inChannels,
    axes.map((axis) => axis.input),
  )
  const ys = outputStrides(g)
  const kernel = axes.map((axis) => axis.kernel)
  const kernelStrides = stridesOf(kernel)
  const kernelSize = sizeOf(kernel)
  const transposed = isTransposed(g)
  const ranges = axes.map((axis) =>
    Array.from({ length: axis.kernel }, (_, k) => tapRange(axis, k)),
  )

  walk(kernel, [], (_, tap) => {
    // The box of outputs whose tap lies inside the input, and where in the input it starts.
    let wOffset = 0
    let xOffset = 0
    let yOffset = 0
    const box: number[] = []
    const xSteps: number[] = []
    const ySteps: number[] = []
    for (let a = 0; a < axes.length; a++) {
      const k = Math.floor(tap / kernelStrides[a]!) % kernel[a]!
      const range = ranges[a]![k]!
      wOffset += (axes[a]!.flip ? kernel[a]! - 1 - k : k) * kernelStrides[a]!
      xOffset += range.index * xs.space[a]!
      yOffset += range.first * ys.space[a]!
      box.push(range.count)
      xSteps.push(range.indexStep * xs.space[a]!)
      ySteps.push(range.step * ys.space[a]!)
    }
    walk([g.batch, groups, outputs, inputs], [], (__, linear) => {
      const i = linear % inputs
      const o = Math.floor(linear / inputs) % outputs
      const group = Math.floor(linear / (inputs * outputs)) % groups
      const n = Math.floor(linear / (inputs * outputs * groups))
      const row = transposed
        ? (group * inputs + i) * outputs + o
        : (group * outputs + o) * inputs + i
      const wi = row * kernelSize + wOffset
      const xi = n * xs.batch + (group * inputs + i) * xs.channel + xOffset
      const yi = n * ys.batch + (group * outputs + o) * ys.channel + yOffset
      walk(box, [xSteps, ySteps], ([dx, dy]) => visit(xi + dx!, wi, yi + dy!))
    })
  })
}
