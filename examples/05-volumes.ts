// Three axes: a film is a volume of time, height and width, and convolution runs through all of them.
import { conv3d, maxPool3d, ones, tensor } from 'striate'
import { drawPicture } from './show.ts'

// A point that moves down a diagonal, one cell a frame.
const [frames, height, width] = [4, 5, 8] as const
const film = new Float32Array(frames * height * width)
for (let t = 0; t < frames; t++) film[(t * height + t) * width + t + 1] = 1
const volume = tensor(film, [1, 1, frames, height, width])

// A kernel that takes the difference between a frame and the one before it finds what moves.
const change = conv3d(volume, tensor([-1, 1], [1, 1, 2, 1, 1]))
console.log('changes', change.shape)
await drawPicture(
  'from the first frame to the second: what went is dark, what came is bright',
  change,
)

// A kernel that goes along with the point lights up where something moves that way.
const along = new Float32Array(3 * 3 * 3)
for (let t = 0; t < 3; t++) along[(t * 3 + t) * 3 + t] = 1
const motion = conv3d(volume, tensor(along, [1, 1, 3, 3, 3]), { padding: 1 })
console.log('strongest answer', Math.max(...(await motion.data())))

// Everything about two axes holds for three: strides and dilations per axis, groups, pooling.
const pooled = maxPool3d(conv3d(ones([2, 4, 8, 16, 16]), ones([4, 1, 3, 3, 3]), { groups: 4 }), 2)
console.log('depthwise, then pooled', pooled.shape)

// prints:
//   changes [ 1, 1, 3, 5, 8 ]
//   from the first frame to the second: what went is dark, what came is bright
//     + ++++++
//     ++@+++++
//     ++++++++
//     ++++++++
//     ++++++++
//   strongest answer 3
//   depthwise, then pooled [ 2, 4, 3, 7, 7 ]
