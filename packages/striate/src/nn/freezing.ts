/** Keeping parts of a network as they are: parameters from the optimizer, statistics from the data. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import type { Layer } from './layer.ts'
import { type NamePattern, nameMatcher } from './namePattern.ts'
import { checkSwitch } from './weights.ts'

export interface FreezeOptions {
  /**
   * Whether batch norm whose statistics (`…running_mean`, `…running_var`) match the pattern keeps them
   * too, and normalises by them in training as in use. False by default, as in PyTorch: statistics
   * follow the data even where the weights are frozen.
   */
  readonly keepStatistics?: boolean
}

/** Sets whether the parameters whose names match are trained, and their batch norm counts. */
export function setTrained(
  op: string,
  layer: Layer,
  pattern: NamePattern | undefined,
  trained: boolean,
  options: FreezeOptions = {},
): void {
  rejectUnknown(op, options, ['keepStatistics'])
  checkSwitch(op, 'keepStatistics', options.keepStatistics)
  if (pattern !== undefined && typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
    const needs = 'must be a name, a name with wildcards or a regular expression'
    fail({ op, argument: 'pattern', needs, got: describe(pattern) })
  }
  const matches = nameMatcher(pattern)
  const chosen = layer.namedParameters().filter(([name]) => matches(name))
  if (chosen.length === 0 && pattern !== undefined) {
    const names = layer.namedParameters().map(([name]) => name)
    fail({
      op,
      argument: 'pattern',
      needs: 'must match a parameter',
      got: pattern instanceof RegExp ? String(pattern) : describe(pattern),
      hint: `the names are ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}`,
    })
  }
  for (const [, parameter] of chosen) parameter.requiresGrad = trained
  if (!trained && !options.keepStatistics) return
  for (const [name, buffer] of layer.namedBuffers()) if (matches(name)) buffer.follows = trained
}
