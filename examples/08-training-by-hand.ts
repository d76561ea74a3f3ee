// Learning by hand: find the kernel behind an operation from what goes in and what comes out.
import {
  conv2d,
  gradients,
  mean,
  mul,
  noGrad,
  RandomStream,
  reshape,
  sobelKernel,
  square,
  sub,
  type Tensor,
  tensor,
  zeros,
} from 'striate'
import { show } from './show.ts'

// Pictures of noise, and what an unknown kernel (Sobel's) makes of them.
const random = new RandomStream(7)
const noise = new Float32Array(8 * 10 * 10)
random.fillNormal(noise)
const pictures = tensor(noise, [8, 1, 10, 10])
const wanted = conv2d(pictures, reshape(sobelKernel(), [1, 1, 3, 3]))

// Start from nothing and walk down the gradient of the mean squared error.
let kernel: Tensor = zeros([1, 1, 3, 3])
for (let step = 1; step <= 150; step++) {
  const loss = mean(square(sub(conv2d(pictures, kernel), wanted)))
  const [slope] = gradients(loss, [kernel])
  // Outside the history: the next step shall not remember this one.
  kernel = noGrad(() => sub(kernel, mul(slope!, 0.03)))
  if (step % 50 === 0) console.log(`step ${step}: loss ${(await loss.item()).toFixed(3)}`)
}
await show('the kernel', kernel)

// prints:
//   step 50: loss 0.025
//   step 100: loss 0.000
//   step 150: loss 0.000
//   the kernel: [1, 1, 3, 3] [[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]
