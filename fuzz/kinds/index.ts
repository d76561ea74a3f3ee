/** Table of contents of the kinds of random cases. */
import type { Kind } from '../kind.ts'
import { arrays } from './arrays.ts'
import { convolution } from './convolution.ts'
import { network } from './network.ts'
import { pooling } from './pooling.ts'

export const kinds: readonly Kind[] = [convolution, network, pooling, arrays] as readonly Kind[]

export const kindOf = (name: string): Kind => kinds.find((kind) => kind.name === name)!
