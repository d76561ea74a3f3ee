/** Where TensorFlow.js's own tests expect something else than this library gives, and why it does not. */

/** What this library does instead. */
export type Instead =
  /** It refuses, with an error that says so. */
  | { readonly throws: string }
  /** It gives these numbers, one list for each check. */
  | { readonly gives: readonly (readonly number[])[] }
  /** It gives other numbers, which tests of its own hold against a formula. */
  | { readonly differs: 'see property/resize' }

export type Exception = Instead & {
  readonly file: string
  readonly tests: readonly string[]
  readonly reason: string
}

const { NaN: nan } = Number

export const exceptions: readonly Exception[] = [
  {
    file: 'avg_pool',
    tests: ['avgPool: gradient x=[3,3,1] f=[3,3] s=1 p=explicit'],
    reason:
      'peer bug: the gradient divides by the whole kernel, the forward pass by the cells inside',
    gives: [[0, 1.75, 1.75, 0, 4, 4, 0, 9.25, 9.25]],
  },
  {
    file: 'avg_pool_3d',
    tests: ['avgPool3d: x=[1,1,1,1,1] f=[1,1,3] s=1 p=valid'],
    reason: 'a kernel larger than its input is an error here, an empty tensor there',
    throws: 'kernelSize must fit the padded input',
  },
  {
    file: 'avg_pool_3d',
    tests: ['avgPool3d: x=[1,1,1,1,1] f=[2,2,2] s=1 p=2'],
    reason: 'the mean of no cells is an error here, 0 there',
    throws: 'padding must leave a cell of the input in every window',
  },
  {
    file: 'conv2d_transpose',
    tests: ['conv2dTranspose: input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4'],
    reason:
      "peer bug: 'same' at stride 1 makes 4 cells of 4, not of 8; the other input cells are dropped",
    throws: 'outputPadding must be a whole number of at least 0',
  },
  {
    file: 'image_resize_bilinear',
    tests: [
      'resizeBilinear: accepts a tensor-like object',
      'resizeBilinear gradients: greyscale: upscale, same aspect ratio',
      'resizeBilinear gradients: with clones, greyscale: upscale, same aspect ratio',
      'resizeBilinear gradients: greyscale: upscale, taller than wider',
      'resizeBilinear gradients: greyscale: upscale, wider than taller',
      'resizeBilinear gradients: greyscale: downscale, same aspect ratio',
      'resizeBilinear gradients: greyscale: downscale, taller than wider',
      'resizeBilinear gradients: greyscale: downscale, wider than taller',
      'resizeBilinear gradients: color: upscale, wider than taller',
      'resizeBilinear gradients: color: downscale, taller than wider',
    ],
    reason:
      "another meaning: TensorFlow 1's coordinates o·scale; here (o + ½)·scale − ½, as in PyTorch",
    differs: 'see property/resize',
  },
  {
    file: 'image_resize_nearest_neighbor',
    tests: [
      'resizeNearestNeighbor gradients: greyscale: upscale, same aspect ratio, align corners',
      'resizeNearestNeighbor gradients: greyscale: upscale, taller than wider, align corners',
      'resizeNearestNeighbor gradients: greyscale: upscale, wider than taller, align corners',
      'resizeNearestNeighbor gradients: greyscale: downscale, same aspect ratio, align corners',
      'resizeNearestNeighbor gradients: greyscale: downscale, taller than wider, align corners',
      'resizeNearestNeighbor gradients: greyscale: downscale, same size, align corners',
      'resizeNearestNeighbor gradients: color: upscale, wider than taller, align corners',
      'resizeNearestNeighbor gradients: color: downscale, taller than wider, align corners',
    ],
    reason: 'another meaning: aligned corners need interpolation here, as in PyTorch',
    throws: 'alignCorners goes with linear and cubic modes only',
  },
  {
    file: 'max_pool',
    tests: ['maxPool: [x=[3,3,1] f=[2,2] s=1 ignores NaNs'],
    reason: 'peer bug: max pooling hides NaN; here NaN wins, as in PyTorch',
    gives: [[5, 6, nan, nan]],
  },
  {
    file: 'max_pool_3d',
    tests: ['maxPool3d: x=[1,3,3,3,1] f=[2,2,2] s=1 p=valid, ignores NaNs'],
    reason: 'peer bug: max pooling hides NaN; here NaN wins, as in PyTorch',
    gives: [[14, 15, nan, nan, nan, 24, nan, 27]],
  },
  {
    file: 'max_pool_with_argmax',
    tests: ['maxPoolWithArgmax: [x=[1,3,3,1] f=[2,2] s=1 ignores NaNs'],
    reason: 'peer bug: max pooling hides NaN; here NaN wins, as in PyTorch',
    gives: [
      [nan, 5, 7, 9],
      [0, 5, 7, 8],
    ],
  },
  {
    file: 'mirror_pad',
    tests: ['mirrorPad: grad', 'mirrorPad: gradient with clones'],
    reason: 'peer bug: the gradient of reflection slices instead of adding up the mirrored cells',
    gives: [[30, 120, 60]],
  },
  {
    file: 'pad',
    tests: ['pad 1d: Should handle empty tensor with meaningful dims'],
    reason: 'a tensor without cells cannot be padded here',
    throws: 'pad: padding must leave at least one cell',
  },
  {
    file: 'pool',
    tests: [
      'pool: max x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
      'pool: avg x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
    ],
    reason: 'peer bug: a 1×1 window is taken for the identity in spite of its stride and padding',
    throws: 'padding must leave a cell of the input in every window',
  },
]
