/** Layers side by side. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import { concat } from '../../ops/concat.ts'
import { add } from '../../ops/elementwise/arithmetic.ts'
import { rejectUnknown } from '../../options.ts'
import { sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Layer } from '../layer.ts'
import { type NamedLayers, nameLayers } from './sequential.ts'

export interface BranchesOptions {
  /** How outputs come together: side by side along the channels (the default), or as their sum. */
  readonly merge?: 'concat' | 'add'
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/** Layers that all read the same input. */
export class Branches extends Layer {
  readonly #merge: 'concat' | 'add'
  readonly #layout: Layout

  constructor(branches: NamedLayers, { merge = 'concat', layout }: BranchesOptions) {
    super()
    const op = 'nn.branches'
    for (const [name, layer] of Object.entries(branches)) this.child(name, layer)
    if (this.children().length === 0)
      fail({ op, argument: 'layers', needs: 'needs at least one branch', got: 'none' })
    if (merge !== 'concat' && merge !== 'add')
      fail({ op, argument: 'merge', needs: "must be 'concat' or 'add'", got: describe(merge) })
    this.#merge = merge
    this.#layout = checkLayout(op, layout)
  }

  override get kind(): string {
    return 'Branches'
  }

  forward(x: Tensor): Tensor {
    const outputs = this.childLayers.map((branch) => branch.forward(x))
    if (this.#merge === 'concat') return concat(outputs, this.#layout === 'channels-first' ? 1 : -1)
    const [first, ...others] = outputs as [Tensor, ...Tensor[]]
    return others.reduce((total, each) => {
      if (sameShape(total.shape, each.shape)) return add(total, each)
      return fail({
        op: 'Branches',
        needs: 'needs branches that give the same shape to add them',
        got: `${describe(total.shape)} and ${describe(each.shape)}`,
        hint: "merge: 'concat' joins different channels",
      })
    }, first)
  }
}

/**
 * Layers side by side on the same input: a list, or by name. Their outputs are joined along the
 * channels, or added.
 *
 * @throws StriateError if something is not a layer, and in use if the outputs do not fit together.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const block = nn.branches([
 *   nn.conv2d({ inChannels: 8, outChannels: 4, kernelSize: 1 }),
 *   nn.conv2d({ inChannels: 8, outChannels: 6, kernelSize: 3, padding: 'same' }),
 * ])
 * block.summary([8, 5, 5]).rows[0]!.outputShape // => [10, 5, 5]
 * ```
 * @see Szegedy and others, "Going deeper with convolutions" (2014).
 */
export function branches(
  layers: readonly Layer[] | NamedLayers,
  options: BranchesOptions = {},
): Branches {
  rejectUnknown('nn.branches', options, ['merge', 'layout'])
  return new Branches(nameLayers('nn.branches', layers), options)
}
