/** Words of the tables of plans and profiles. */
import { splitScope } from '../../tensor/scope.ts'
import type { PlanStep } from './stepFacts.ts'

/** The layer, ∇ for each `gradient of`. */
export function layerText({ layer }: Pick<PlanStep, 'layer'>): string {
  const { layer: name, marks } = splitScope(layer)
  return '∇ '.repeat(marks.split('gradient of').length - 1) + name
}

/** The primitive, and the functions computed with it; a star where it is left out in later runs. */
export function operatorText({
  operator,
  functions,
  isKept,
}: Pick<PlanStep, 'operator' | 'functions' | 'isKept'>): string {
  const together = functions.join('·')
  const name = operator === 'elementwise' ? together : `${operator} ${together}`.trimEnd()
  return isKept ? `*${name}` : name
}

/** What the star means, where there is one. */
export const keptLines = (steps: readonly Pick<PlanStep, 'isKept'>[]): string[] =>
  steps.some(({ isKept }) => isKept)
    ? ['* prepares weights: left out while the same ones come']
    : []

/** The kernel's family and tile: without marks that all kernels share, and functions that stand beside it. */
export const kernelText = ({ kernel }: Pick<PlanStep, 'kernel'>): string =>
  kernel
    .replace(/^f32-/, '')
    .replace(/(-relaxed)?(-shared)?$/, '')
    .replace(/^(\w+-)?map\(.*/, '$1map')
