/** Layers by rank, so that one builder serves signals, images and volumes. */
import type { Init } from '../../init/index.ts'
import * as nn from '../../nn/index.ts'
import { choose } from './options.ts'

export type Rank = nn.Rank

/** A convolution with the same sizes along every axis. */
export interface ConvSettings {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: number
  readonly stride?: number
  readonly padding?: number | 'same' | 'causal'
  readonly dilation?: number
  readonly groups?: number
  readonly bias?: boolean
  readonly init?: Init
}

export interface PoolSettings {
  readonly stride?: number
  readonly padding?: number
  readonly ceilMode?: boolean
}

/** The layers of one rank. */
export interface Space {
  readonly rank: Rank
  readonly conv: (settings: ConvSettings) => nn.Layer
  readonly convTranspose: (settings: ConvSettings) => nn.Layer
  readonly batchNorm: (channels: number, options?: nn.BatchNormLayerOptions) => nn.Layer
  readonly maxPool: (kernelSize: number, settings?: PoolSettings) => nn.Layer
  readonly avgPool: (kernelSize: number, settings?: PoolSettings) => nn.Layer
  readonly adaptiveAvgPool: (outputSize: number) => nn.Layer
}

const spaces: Readonly<Record<Rank, Space>> = {
  1: {
    rank: 1,
    conv: nn.conv1d,
    convTranspose: nn.convTranspose1d,
    batchNorm: nn.batchNorm1d,
    maxPool: nn.maxPool1d,
    avgPool: nn.avgPool1d,
    adaptiveAvgPool: nn.adaptiveAvgPool1d,
  },
  2: {
    rank: 2,
    conv: nn.conv2d,
    convTranspose: nn.convTranspose2d,
    batchNorm: nn.batchNorm2d,
    maxPool: nn.maxPool2d,
    avgPool: nn.avgPool2d,
    adaptiveAvgPool: nn.adaptiveAvgPool2d,
  },
  3: {
    rank: 3,
    conv: nn.conv3d,
    convTranspose: nn.convTranspose3d,
    batchNorm: nn.batchNorm3d,
    maxPool: nn.maxPool3d,
    avgPool: nn.avgPool3d,
    adaptiveAvgPool: nn.adaptiveAvgPool3d,
  },
}

/** The layers for signals, images or volumes. */
export const spaceOf = (op: string, rank: Rank = 2): Space => choose(op, 'rank', rank, spaces)
