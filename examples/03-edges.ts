// Fixed kernels on a picture: Sobel's operator finds edges, a Gaussian softens them.
import { add, filter, gaussianKernel, sobelKernel, sqrt, square, tensor } from 'striate'
import { drawPicture } from './show.ts'

// A bright disc on dark ground.
const size = 17
const disc = new Float32Array(size * size)
for (let row = 0; row < size; row++)
  for (let column = 0; column < size; column++)
    disc[row * size + column] = Math.hypot(row - 8, column - 8) < 6 ? 1 : 0
const picture = tensor(disc, [1, 1, size, size])
await drawPicture('the picture', picture)

// The slope along each axis, and the length of both together.
const down = filter(picture, sobelKernel({ axis: 0 }))
const right = filter(picture, sobelKernel({ axis: 1 }))
await drawPicture('rising to the right: bright, falling: dark', right)
await drawPicture('edges', sqrt(add(square(down), square(right))))

await drawPicture('softened', filter(picture, gaussianKernel({ sigma: 1.5 })))

// prints:
//   the picture
//
//
//
//          @@@@@@@
//         @@@@@@@@@
//        @@@@@@@@@@@
//        @@@@@@@@@@@
//        @@@@@@@@@@@
//        @@@@@@@@@@@
//        @@@@@@@@@@@
//        @@@@@@@@@@@
//        @@@@@@@@@@@
//         @@@@@@@@@
//          @@@@@@@
//
//
//
//   rising to the right: bright, falling: dark
//     +++++++++++++++++
//     +++++++++++++++++
//     ++++**+++++--++++
//     +++*%#+++++:.-+++
//     ++*%%*+++++-..-++
//     ++%@*+++++++- .++
//     ++@@+++++++++  ++
//     ++@@+++++++++  ++
//     ++@@+++++++++  ++
//     ++@@+++++++++  ++
//     ++@@+++++++++  ++
//     ++%@*+++++++- .++
//     ++*%%*+++++-..-++
//     +++*%#+++++:.-+++
//     ++++**+++++--++++
//     +++++++++++++++++
//     +++++++++++++++++
//   edges
//
//
//         -*%%%%%*-
//        -@@%%%%%@@-
//       -@@-     -@@-
//       *@-       -@*
//       %%         %%
//       %%         %%
//       %%         %%
//       %%         %%
//       %%         %%
//       *@-       -@*
//       -@@-     -@@-
//        -@@%%%%%@@-
//         -*%%%%%*-
//
//
//   softened
//
//         .........
//        .::-----::.
//       .:-=+***+=-:.
//      .:-+*#%%%#*+-:.
//      .:=*%%@@@%%*=:.
//      .-+#%@@@@@%#+-.
//      .-*%@@@@@@@%*-.
//      .-*%@@@@@@@%*-.
//      .-*%@@@@@@@%*-.
//      .-+#%@@@@@%#+-.
//      .:=*%%@@@%%*=:.
//      .:-+*#%%%#*+-:.
//       .:-=+***+=-:.
//        .::-----::.
//         .........
