/** Losses of class numbers. */
import { cast, crossEntropy, logSoftmax, nllLoss, type Tensor } from 'striate'
import type { NodeContext, OperatorTable } from '../operator.ts'

interface LossOptions {
  readonly weight: Tensor | undefined
  readonly reduction: 'mean' | 'sum' | 'none'
  readonly ignoreIndex?: number
}

const optionsOf = (node: NodeContext): LossOptions => ({
  weight: node.optional(2),
  reduction: node.string('reduction', ['mean', 'sum', 'none'], 'mean'),
  ...(node.says('ignore_index') ? { ignoreIndex: node.required('ignore_index') } : {}),
})

const target = (node: NodeContext): Tensor => cast(node.input(1), 'int32')

const attributes = ['ignore_index', 'reduction']

export const lossOperators: OperatorTable = {
  NegativeLogLikelihoodLoss: {
    attributes,
    since: 12,
    build: (node) => nllLoss(node.input(0), target(node), optionsOf(node)),
  },
  SoftmaxCrossEntropyLoss: {
    attributes,
    since: 12,
    build: (node) => {
      const loss = crossEntropy(node.input(0), target(node), optionsOf(node))
      return node.wanted > 1 ? [loss, logSoftmax(node.input(0), { axis: 1 })] : loss
    },
  },
}
