// Gradients: of anything with respect to anything, and again of those.
import { conv1d, gradients, mul, sum, tensor } from 'striate'
import { show } from './show.ts'

const x = tensor([[[1, 2, 3, 4]]])
const kernel = tensor([[[1, -1]]])

// A number that depends on both: half the sum of the squared differences of neighbours.
const y = conv1d(x, kernel)
const energy = mul(sum(mul(y, y)), 0.5)
await show('energy', energy)

// How it changes with every cell and with every tap. Nothing was computed until now.
const [dx, dk] = gradients(energy, [x, kernel])
await show('by the input', dx!)
await show('by the kernel', dk!)

// The gradient is a tensor like any other and has gradients itself: a row of the Hessian.
const pick = tensor([[[0, 1, 0, 0]]])
const [row] = gradients(dx!, [x], pick)
await show('second derivatives', row!)

// prints:
//   energy: [] 1.5
//   by the input: [1, 1, 4] [[[-1, 0, 0, 1]]]
//   by the kernel: [1, 1, 2] [[[-6, -9]]]
//   second derivatives: [1, 1, 4] [[[-1, 2, -1, 0]]]
