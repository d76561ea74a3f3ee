/** A layer of named layers and a function that joins them. */
import * as nn from '../../nn/index.ts'
import type { Tensor } from '../../tensor/tensor.ts'

/** Layers by the names that they take in the state dict, each with its own type. */
type Parts = Readonly<Record<string, nn.Layer>>

/** Layers by name; `join` says how the input runs through them. */
export class Wired<P extends Parts = Parts> extends nn.Layer {
  readonly parts: P
  readonly #kind: string
  readonly #join: (x: Tensor, parts: P) => Tensor

  constructor(kind: string, parts: P, join: (x: Tensor, parts: P) => Tensor) {
    super()
    this.#kind = kind
    this.parts = parts
    this.#join = join
    for (const [name, part] of Object.entries(parts)) this.child(name, part)
  }

  override get kind(): string {
    return this.#kind
  }

  forward(x: Tensor): Tensor {
    return this.#join(x, this.parts)
  }
}

export const wired = <P extends Parts>(
  kind: string,
  parts: P,
  join: (x: Tensor, parts: P) => Tensor,
): Wired<P> => new Wired(kind, parts, join)
