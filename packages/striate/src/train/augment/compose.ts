/** Transforms put together: one after the other, or sometimes. */
import { describe, fail } from '../../errors.ts'
import { checkRange } from './checks.ts'
import { type Transform, withMask } from './sample.ts'

/**
 * Transforms one after the other. Each draws from a stream of its own, so that one can be changed
 * without changing what the others draw.
 *
 * @throws StriateError if something is not a function.
 * @example
 * ```ts
 * import { augment, RandomStream } from 'striate'
 * const both = augment.compose([augment.flip({ p: 1 }), augment.brightness({ most: 0 })])
 * const sample = { data: Float32Array.of(1, 2, 3), shape: [1, 3] }
 * both(sample, new RandomStream(7)).data // => Float32Array.of(3, 2, 1)
 * ```
 */
export function compose(transforms: readonly Transform[]): Transform {
  const op = 'augment.compose'
  if (!Array.isArray(transforms))
    fail({ op, argument: 'transforms', needs: 'must be a list', got: describe(transforms) })
  for (const [at, each] of transforms.entries())
    checkTransform(op, `transforms[${at}]`, each as Transform)
  const together: Transform = (sample, random) =>
    transforms.reduce((value, transform, at) => transform(value, random.split(at)), sample)
  const masks = transforms.flatMap(({ mask }: Transform) => mask ?? [])
  if (masks.length < transforms.length) return together
  return withMask(together, (mask, random, fill) =>
    masks.reduce((value, each, at) => each(value, random.split(at), fill), mask),
  )
}

/** A transform that happens with probability `p`. */
export function sometimes(p: number, transform: Transform): Transform {
  const op = 'sometimes'
  checkRange(op, 'p', p, 0, 1)
  checkTransform(`augment.${op}`, 'transform', transform)
  const perhaps: Transform = (sample, random) =>
    random.uniform() < p ? transform(sample, random.split('sometimes')) : sample
  const { mask } = transform
  if (mask === undefined) return perhaps
  return withMask(perhaps, (given, random, fill) =>
    random.uniform() < p ? mask(given, random.split('sometimes'), fill) : given,
  )
}

export function checkTransform(op: string, argument: string, transform: Transform): void {
  if (typeof transform === 'function') return
  const hint = 'augment.flip() makes one'
  fail({ op, argument, needs: 'must be a transform', got: describe(transform), hint })
}
