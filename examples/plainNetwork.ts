/**
 * A convolutional network from scratch, for the sample beside this file: convolution, pooling, softmax
 * and their gradients in loops over arrays, and nothing imported.
 *
 * Values lie row by row: a picture is [rows, columns], maps are [channels, rows, columns]. In the loops
 * c counts channels, i and j rows and columns, u and v rows and columns of the kernel.
 */

const kernel = 3
const window = 2

/** `y[c, i, j] = Σ_uv weight[c, u, v] · x[i + u, j + v]`: every channel slides its kernel over the picture. */
export function convolve(x: Float32Array, size: number, weight: Float32Array): Float32Array {
  const channels = weight.length / kernel ** 2
  const cells = size - kernel + 1
  const y = new Float32Array(channels * cells * cells)
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < cells; j++) {
        let sum = 0
        for (let u = 0; u < kernel; u++)
          for (let v = 0; v < kernel; v++)
            sum += weight[(c * kernel + u) * kernel + v]! * x[(i + u) * size + j + v]!
        y[(c * cells + i) * cells + j] = sum
      }
  return y
}

/** `∂L/∂weight[c, u, v] = Σ_ij ∂L/∂y[c, i, j] · x[i + u, j + v]`: a convolution with the gradient as kernel. */
export function convolveGradient(
  x: Float32Array,
  size: number,
  dy: Float32Array,
  channels: number,
): Float32Array {
  const cells = size - kernel + 1
  const dWeight = new Float32Array(channels * kernel ** 2)
  for (let c = 0; c < channels; c++)
    for (let u = 0; u < kernel; u++)
      for (let v = 0; v < kernel; v++) {
        let sum = 0
        for (let i = 0; i < cells; i++)
          for (let j = 0; j < cells; j++)
            sum += dy[(c * cells + i) * cells + j]! * x[(i + u) * size + j + v]!
        dWeight[(c * kernel + u) * kernel + v] = sum
      }
  return dWeight
}

/** The largest of every 2×2 cells, and where it stands: the gradient goes there and nowhere else. */
export function pool(
  x: Float32Array,
  size: number,
  channels: number,
): { y: Float32Array; from: Int32Array } {
  const cells = Math.floor(size / window)
  const y = new Float32Array(channels * cells * cells)
  const from = new Int32Array(y.length)
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < cells; j++) {
        let best = -1
        for (let u = 0; u < window; u++)
          for (let v = 0; v < window; v++) {
            const at = (c * size + i * window + u) * size + j * window + v
            if (best < 0 || x[at]! > x[best]!) best = at
          }
        const out = (c * cells + i) * cells + j
        y[out] = x[best]!
        from[out] = best
      }
  return { y, from }
}

export function poolGradient(dy: Float32Array, from: Int32Array, length: number): Float32Array {
  const dx = new Float32Array(length)
  for (let out = 0; out < dy.length; out++) dx[from[out]!]! += dy[out]!
  return dx
}

/** `y = weight · x + bias`, weight `[outputs, inputs]`. */
export function linear(x: Float32Array, weight: Float32Array, bias: Float32Array): Float32Array {
  return bias.map((start, out) => {
    let sum = start
    for (let at = 0; at < x.length; at++) sum += weight[out * x.length + at]! * x[at]!
    return sum
  })
}

/** `pₖ = e^yₖ / Σ e^y`; the largest is taken away first, so that nothing overflows. */
export function softmax(y: Float32Array): Float32Array {
  const largest = Math.max(...y)
  const powers = y.map((value) => Math.exp(value - largest))
  const sum = powers.reduce((total, each) => total + each, 0)
  return powers.map((each) => each / sum)
}

export interface PlainWeights {
  /** `[channels, 3, 3]` */
  readonly convolution: Float32Array
  /** `[classes, channels · cells]` */
  readonly linear: Float32Array
  /** `[classes]` */
  readonly bias: Float32Array
}

/**
 * One step of gradient descent on one picture: the weights move, and the loss before that comes back,
 * `−ln p` of the class that the picture shows.
 */
export function trainStep(
  weights: PlainWeights,
  x: Float32Array,
  size: number,
  label: number,
  learningRate: number,
): number {
  const channels = weights.convolution.length / kernel ** 2
  const cells = size - kernel + 1

  const maps = convolve(x, size, weights.convolution)
  const { y: pooled, from } = pool(maps, cells, channels)
  const p = softmax(linear(pooled, weights.linear, weights.bias))
  const loss = -Math.log(p[label]!)

  // Backwards. Of softmax and logarithm together the gradient is p, less 1 at the class that is right.
  const dLogits = p.map((each, k) => (k === label ? each - 1 : each))
  const dPooled = pooled.map((_, at) =>
    dLogits.reduce((sum, each, k) => sum + each * weights.linear[k * pooled.length + at]!, 0),
  )
  const dMaps = poolGradient(dPooled, from, maps.length)
  const dConvolution = convolveGradient(x, size, dMaps, channels)

  for (const [at, slope] of dConvolution.entries()) weights.convolution[at]! -= learningRate * slope
  for (const [k, slope] of dLogits.entries()) {
    for (const [at, value] of pooled.entries())
      weights.linear[k * pooled.length + at]! -= learningRate * slope * value
    weights.bias[k]! -= learningRate * slope
  }
  return loss
}
