/** Every layer of Keras that is understood, by the name of its class. */
import { fail, nearest } from 'striate'
import type { LayerBuilder } from '../layer.ts'
import type { Rank } from '../shapes.ts'
import { activationLayers } from './activations.ts'
import {
  convolution,
  depthwiseConvolution,
  separableConvolution,
  transposedConvolution,
} from './convolution.ts'
import { denseLayers } from './dense.ts'
import { mergingLayers } from './merging.ts'
import { noiseLayers } from './noise.ts'
import { normalisationLayers } from './normalisation.ts'
import { adaptivePooling, globalPooling, pooling } from './pooling.ts'
import { shapingLayers } from './shaping.ts'

function ofRank(rank: Rank): Record<string, LayerBuilder> {
  const builders: Record<string, LayerBuilder> = {
    [`Conv${rank}D`]: convolution(rank),
    [`Conv${rank}DTranspose`]: transposedConvolution(rank),
    [`DepthwiseConv${rank}D`]: depthwiseConvolution(rank),
    [`SeparableConv${rank}D`]: separableConvolution(rank),
    [`MaxPooling${rank}D`]: pooling('max', rank),
    [`AveragePooling${rank}D`]: pooling('average', rank),
    [`GlobalMaxPooling${rank}D`]: globalPooling('max', rank),
    [`GlobalAveragePooling${rank}D`]: globalPooling('average', rank),
    [`AdaptiveMaxPooling${rank}D`]: adaptivePooling('max', rank),
    [`AdaptiveAveragePooling${rank}D`]: adaptivePooling('average', rank),
  }
  // Keras's longer names of the same classes.
  const aliases = {
    [`Convolution${rank}D`]: `Conv${rank}D`,
    [`Convolution${rank}DTranspose`]: `Conv${rank}DTranspose`,
  }
  for (const [alias, name] of Object.entries(aliases)) builders[alias] = builders[name]!
  return builders
}

export const layerBuilders: Readonly<Record<string, LayerBuilder>> = {
  ...ofRank(1),
  ...ofRank(2),
  ...ofRank(3),
  ...denseLayers,
  ...activationLayers,
  ...normalisationLayers,
  ...noiseLayers,
  ...shapingLayers,
  ...mergingLayers,
}

const reasons: Readonly<Record<string, string>> = {
  Lambda: 'it holds a Python function, which is never run',
  Masking: 'masks are not carried from layer to layer',
}

/** The builder of a class, or an error that names the layer. */
export function builderOf(op: string, className: string, where: string): LayerBuilder {
  const builder = Object.hasOwn(layerBuilders, className) ? layerBuilders[className] : undefined
  if (builder) return builder
  const near = nearest(className, Object.keys(layerBuilders))
  const hint = reasons[className] ?? (near === undefined ? undefined : `the nearest is ${near}`)
  const needs = 'must be of a class that Striate has a layer for'
  return fail({
    op,
    argument: where,
    needs,
    got: className,
    ...(hint === undefined ? {} : { hint }),
  })
}
