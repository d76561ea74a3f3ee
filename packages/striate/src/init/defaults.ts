/** The defaults of PyTorch's and Keras's layers, and the `init` option of layers. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { shapeFans } from './fans.ts'
import type { Initialiser } from './initialiser.ts'
import { normal, uniform, zeros } from './plain.ts'
import { glorotUniform } from './scaled.ts'

export interface LayerInitialisers {
  readonly weight: Initialiser
  readonly bias: Initialiser
}

/** `'pytorch'`, `'keras'`, an initialiser for the weight, or one each for weight and bias. */
export type Init = 'pytorch' | 'keras' | Initialiser | Partial<LayerInitialisers>

/** U(±1/√fanIn), which is `kaiming_uniform_(a = √5)`; the fan is PyTorch's, also where transposed. */
const pytorchUniform: Initialiser = (context) => {
  const bound = 1 / Math.sqrt(Math.max(shapeFans(context.weightShape).fanIn, 1))
  return uniform({ low: -bound, high: bound })(context)
}

/** Glorot's with fans by the shape, whatever the groups. */
const kerasGlorot: Initialiser = (context) =>
  glorotUniform()({ ...context, ...shapeFans(context.weightShape) })

/** Convolutions and linear layers. */
export const affineDefaults: Readonly<Record<'pytorch' | 'keras', LayerInitialisers>> = {
  pytorch: { weight: pytorchUniform, bias: pytorchUniform },
  keras: { weight: kerasGlorot, bias: zeros() },
}

/** Embeddings, which have no bias. */
export const embeddingDefaults: Readonly<Record<'pytorch' | 'keras', LayerInitialisers>> = {
  pytorch: { weight: normal(), bias: zeros() },
  keras: { weight: uniform({ low: -0.05, high: 0.05 }), bias: zeros() },
}

/** The initialisers that an `init` option asks for. */
export function resolveInit(
  op: string,
  init: Init | undefined,
  defaults: Readonly<Record<'pytorch' | 'keras', LayerInitialisers>> = affineDefaults,
): LayerInitialisers {
  if (init === undefined) return defaults.pytorch
  if (init === 'pytorch' || init === 'keras') return defaults[init]
  if (typeof init === 'function') return { ...defaults.pytorch, weight: init }
  const needs = "must be 'pytorch', 'keras', an initialiser or { weight, bias }"
  if (typeof init !== 'object' || init === null)
    fail({ op, argument: 'init', needs, got: describe(init) })
  rejectUnknown(`${op} init`, init, ['weight', 'bias'])
  for (const each of Object.values(init))
    if (typeof each !== 'function') fail({ op, argument: 'init', needs, got: describe(init) })
  return { ...defaults.pytorch, ...init }
}
