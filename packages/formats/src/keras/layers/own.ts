/** Layers that Keras has and `nn` has not, in Keras's words. */
import {
  add,
  cast,
  div,
  maximum,
  minimum,
  mul,
  nn,
  relu,
  reshape,
  sqrt,
  sub,
  type Tensor,
  tensor,
} from 'striate'

/** A value of one number throughout, made when it is first read. */
const filled = (shape: readonly number[], value: number): nn.LazyValue => ({
  shape,
  dtype: 'float32',
  make: () => new Float32Array(shape.reduce((all, size) => all * size, 1)).fill(value),
})

/** `x` right of 0, `alpha · x` elsewhere, with a slope for every element, or shared along axes of size 1. */
export class KerasPrelu extends nn.Layer {
  readonly weight: nn.Parameter

  constructor(shape: readonly number[]) {
    super()
    this.weight = this.parameter('weight', filled(shape, 0))
  }

  override get kind(): string {
    return 'PReLU'
  }

  forward(x: Tensor): Tensor {
    return add(relu(x), mul(this.weight, minimum(x, 0)))
  }
}

/** `(x − mean) / max(√variance, 1e-7)` with statistics of the data, or the way back. */
export class KerasNormalization extends nn.Layer {
  readonly mean: nn.Buffer
  readonly variance: nn.Buffer
  readonly #shape: readonly number[]
  readonly #invert: boolean

  /** `shape` is that of the statistics beside an input. */
  constructor(
    statistics: readonly number[],
    shape: readonly number[],
    invert: boolean,
    known?: { readonly mean: Tensor; readonly variance: Tensor },
  ) {
    super()
    this.mean = this.buffer('mean', known?.mean ?? filled(statistics, 0))
    this.variance = this.buffer('variance', known?.variance ?? filled(statistics, 1))
    this.#shape = shape
    this.#invert = invert
  }

  override get kind(): string {
    return 'Normalization'
  }

  forward(x: Tensor): Tensor {
    // One number stands for all.
    const laid = (state: nn.Buffer): Tensor => reshape(state, state.rank === 0 ? [] : this.#shape)
    const mean = laid(this.mean)
    const deviation = maximum(sqrt(laid(this.variance)), 1e-7)
    const real = x.dtype === 'float64' ? x : cast(x, 'float32')
    return this.#invert ? add(mean, mul(real, deviation)) : div(sub(real, mean), deviation)
  }
}

/** How many samples {@link KerasNormalization} has seen: kept for the file, used by nobody. */
export class SeenCount extends nn.Layer {
  readonly count: nn.Buffer

  constructor() {
    super()
    this.count = this.buffer('count', tensor(new Int32Array(1), []))
  }

  override get kind(): string {
    return 'Identity'
  }

  forward(x: Tensor): Tensor {
    return x
  }
}

export type Noise = 'gaussianNoise' | 'gaussianDropout' | 'alphaDropout'

/** Noise in training, drawn from the layer's own stream; in use `x` stays. */
export class KerasNoise extends nn.Layer {
  readonly #noise: Noise
  readonly #amount: number

  constructor(noise: Noise, amount: number) {
    super()
    this.#noise = noise
    this.#amount = amount
    this.useRandom()
  }

  override get kind(): string {
    return this.#noise[0]!.toUpperCase() + this.#noise.slice(1)
  }

  forward(x: Tensor): Tensor {
    const amount = this.#amount
    if (!this.training || amount === 0) return x
    const values = new Float32Array(x.size)
    if (this.#noise === 'alphaDropout') {
      // Dropped elements become the limit of SELU; scale and shift keep mean and variance (Klambauer 2017).
      const limit = -1.0507009873554805 * 1.6732632423543772
      const scale = ((1 - amount) * (1 + amount * limit ** 2)) ** -0.5
      this.random.fillUniform(values, 0, 1)
      const kept = values.map((value) => (value >= amount ? 1 : 0))
      const mask = tensor(kept, x.shape)
      const mixed = add(mul(x, mask), mul(sub(1, mask), limit))
      return sub(mul(mixed, scale), scale * amount * limit)
    }
    const isFactor = this.#noise === 'gaussianDropout'
    const deviation = isFactor ? Math.sqrt(amount / (1 - amount)) : amount
    this.random.fillNormal(values, isFactor ? 1 : 0, deviation)
    const noise = tensor(values, x.shape)
    return isFactor ? mul(x, noise) : add(x, noise)
  }
}
