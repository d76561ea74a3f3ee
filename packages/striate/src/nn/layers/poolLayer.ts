/** What pooling layers share. */
import type { Same } from '../channels.ts'
import type { Stateless } from './stateless.ts'

export type PoolLayer = Stateless<number, Same>

/** The name of a kind: `avgPool2d` → `AvgPool2d`. */
export const kindOf = (factory: string): string => factory[0]!.toUpperCase() + factory.slice(1)
