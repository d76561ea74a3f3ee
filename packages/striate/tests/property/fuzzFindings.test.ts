// Cases that `npm run fuzz` has found, as it prints them.
import { afterEach, describe, it } from 'vitest'
import { setCanaries } from '../../src/engine/wasm/canaries.ts'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import {
  concat,
  conv,
  convTranspose,
  getThreads,
  gradients,
  matmul,
  mul,
  neg,
  setThreads,
  sum,
} from '../../src/index.ts'
import { expectAgreement } from '../support/agreement.ts'
import { fuzzValues } from '../support/fuzzValues.ts'

const threadsBefore = getThreads()
afterEach(() => {
  forceAlgorithm(null)
  setCanaries(null)
  setThreads(threadsBefore)
})

const style = { seed: 1, scale: 1 }

describe('the wasm engine agrees', () => {
  it('on four axes of space', async () => {
    const x = fuzzValues('x', [1, 2, 3, 4, 3, 9], style)
    const w = fuzzValues('w', [3, 2, 2, 1, 2, 3], style)
    await expectAgreement(() => {
      const y = conv(x, w, { padding: [1, 0, 1, 1] })
      const upstream = fuzzValues('upstream', y.shape, style)
      return [y, ...gradients(sum(mul(y, upstream)), [x, w])]
    }, 2e-5)
  })

  it('on a transposed kernel of more pieces than there may be', async () => {
    const x = fuzzValues('x', [1, 1, 1], style)
    const w = fuzzValues('w', [1, 2, 321], style)
    const upstream = fuzzValues('upstream', [1, 2, 321], style)
    await expectAgreement(() => {
      const y = convTranspose(x, w, { stride: 2 })
      return [y, ...gradients(sum(mul(y, upstream)), [x])]
    }, 2e-5)
  })

  it('on tensors without a cell', async () => {
    const x = fuzzValues('x', [1, 10, 1, 0], style)
    const w = fuzzValues('w', [0, 9], style)
    await expectAgreement(() => {
      const y = neg(matmul(concat([x, x], 0), w))
      return [y, ...gradients(sum(y), [x, w])]
    }, 2e-5)
  })
})
