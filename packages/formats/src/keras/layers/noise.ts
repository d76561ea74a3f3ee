/** Layers that do something in training only. */
import { nn } from 'striate'
import type { Config } from '../config.ts'
import { type LayerBuilder, onlyInput } from '../layer.ts'
import { checkSpace, layoutOf, type Rank, type Shape } from '../shapes.ts'
import { KerasNoise, type Noise } from './own.ts'

const stateless =
  (make: (config: Config, shape: Shape) => nn.Layer): LayerBuilder =>
  (context) => {
    const output = onlyInput(context)
    return { layers: [make(context.config, output)], output, weights: [] }
  }

function share(config: Config, name: string): number {
  const value = config.number(name)
  return value >= 0 && value < 1 ? value : config.refuse(name, 'must be at least 0 and below 1')
}

const dropouts = { 1: nn.dropout1d, 2: nn.dropout2d, 3: nn.dropout3d } as const

const spatialDropout = (rank: Rank): LayerBuilder =>
  stateless((config, shape) => {
    checkSpace(config, shape, rank)
    return dropouts[rank]({ p: share(config, 'rate'), layout: layoutOf(config) })
  })

const noisy = (noise: Noise, setting: string): LayerBuilder =>
  stateless((config) => {
    config.mustBeEmpty('noise_shape')
    const amount = noise === 'gaussianNoise' ? config.number(setting) : share(config, setting)
    return new KerasNoise(noise, amount)
  })

export const noiseLayers: Readonly<Record<string, LayerBuilder>> = {
  Dropout: stateless((config) => {
    config.mustBeEmpty('noise_shape')
    return nn.dropout(share(config, 'rate'))
  }),
  SpatialDropout1D: spatialDropout(1),
  SpatialDropout2D: spatialDropout(2),
  SpatialDropout3D: spatialDropout(3),
  GaussianNoise: noisy('gaussianNoise', 'stddev'),
  GaussianDropout: noisy('gaussianDropout', 'rate'),
  AlphaDropout: noisy('alphaDropout', 'rate'),
  ActivityRegularization: stateless(() => nn.identity()),
}
