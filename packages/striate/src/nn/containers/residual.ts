/** A body with a way around it. */
import { describe, fail } from '../../errors.ts'
import { add } from '../../ops/elementwise/arithmetic.ts'
import { rejectUnknown } from '../../options.ts'
import { sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Given, Taken } from '../channels.ts'
import { Layer } from '../layer.ts'
import { type NamedLayers, nameLayers } from './sequential.ts'

export interface ResidualOptions {
  /** What follows the sum, often a ReLU. Nothing by default. */
  readonly activation?: Layer
}

/** `body(x) + shortcut(x)`, then the activation. */
export class Residual<In extends number = number, Out extends number = number> extends Layer<
  In,
  Out
> {
  /** Names of layers. */
  readonly #body: readonly string[]
  readonly #shortcut: readonly string[]
  readonly #activation: readonly string[]

  constructor(
    body: Layer | NamedLayers,
    shortcut: Layer | NamedLayers | undefined,
    { activation }: ResidualOptions,
  ) {
    super()
    this.#body = this.#own('body', body)
    this.#shortcut = shortcut === undefined ? [] : this.#own('shortcut', shortcut)
    this.#activation = activation === undefined ? [] : this.#own('activation', activation)
  }

  /** Named layers stand in the block under their own names, a single one under that of its part. */
  #own(part: string, layers: Layer | NamedLayers): string[] {
    const named = layers instanceof Layer ? { [part]: layers } : nameLayers('nn.residual', layers)
    for (const [name, layer] of Object.entries(named)) this.child(name, layer)
    return Object.keys(named)
  }

  override get kind(): string {
    return 'Residual'
  }

  forward(x: Tensor): Tensor {
    const through = (names: readonly string[], input: Tensor): Tensor =>
      names.reduce((value, name) => this.childNamed(name)!.forward(value), input)
    const y = through(this.#body, x)
    const around = through(this.#shortcut, x)
    if (!sameShape(y.shape, around.shape)) {
      fail({
        op: 'Residual',
        needs: `needs the body and the shortcut to give the same shape`,
        got: `${describe(y.shape)} and ${describe(around.shape)}`,
        ...(this.#shortcut.length === 0
          ? { hint: 'a shortcut of kernel 1 with the stride and channels of the body fits' }
          : {}),
      })
    }
    return through(this.#activation, add(y, around))
  }
}

/**
 * A residual block: the body's output plus the input, or plus the shortcut's output where the body
 * changes the shape. Either is a layer (named `body.…`, `shortcut.…` in the state dict) or layers by
 * name, which stand in the block under those names.
 *
 * @throws StriateError if something is not a layer, and in use if the two shapes differ.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const block = nn.residual(
 *   {
 *     conv1: nn.conv2d({ inChannels: 4, outChannels: 8, kernelSize: 3, stride: 2, padding: 1 }),
 *     relu: nn.relu(),
 *     conv2: nn.conv2d({ inChannels: 8, outChannels: 8, kernelSize: 3, padding: 1 }),
 *   },
 *   { project: nn.conv2d({ inChannels: 4, outChannels: 8, kernelSize: 1, stride: 2 }) },
 *   { activation: nn.relu() },
 * )
 * block.namedParameters().map(([name]) => name).slice(-2) // => ['project.weight', 'project.bias']
 * block.summary([4, 9, 9]).rows[0]!.outputShape // => [8, 5, 5]
 * ```
 * @see He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015).
 */
export function residual<Body extends Layer | NamedLayers>(
  body: Body,
  shortcut?: Layer | NamedLayers,
  options: ResidualOptions = {},
): Residual<Taken<Body>, Given<Body>> {
  rejectUnknown('nn.residual', options, ['activation'])
  return new Residual(body, shortcut, options)
}
