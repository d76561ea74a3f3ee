/** Convolutions and products. */
import * as s from 'striate'
import { collect, image, imageLast, last, line, table, volume, weight } from './case.ts'

export const convolutionCases = collect((add) => {
  add('conv', [image], (x) => s.conv(x, weight(5, 4, 3, 3), { bias: weight(5) }), 'Conv')
  add(
    'conv, strides, dilation, groups, uneven padding',
    [image],
    (x) =>
      s.conv(x, weight(6, 2, 3, 2), {
        stride: [2, 1],
        dilation: [1, 2],
        groups: 2,
        padding: [
          [2, 1],
          [0, 3],
        ],
      }),
    'Conv',
  )
  add(
    'conv of a line, causal',
    [line],
    (x) => s.conv(x, weight(5, 4, 3), { padding: 'causal' }),
    'Conv',
  )
  add(
    'conv of a volume, same',
    [volume],
    (x) => s.conv(x, weight(5, 3, 3, 2, 3), { padding: 'same' }),
    'Conv',
  )
  add(
    'conv, reflected',
    [image],
    (x) => s.conv(x, weight(5, 4, 3, 3), { padding: 1, paddingMode: 'reflect' }),
    'Pad Conv',
  )
  add(
    'conv, repeated',
    [line],
    (x) => s.conv(x, weight(5, 4, 3), { padding: 2, paddingMode: 'replicate' }),
    'Pad Conv',
  )
  add(
    'conv, circular',
    [line],
    (x) => s.conv(x, weight(5, 4, 3), { padding: [[2, 1]], paddingMode: 'circular' }),
    'Gather Conv',
  )
  add(
    'conv, channels last',
    [imageLast],
    (x) => s.conv(x, weight(5, 4, 3, 3), { bias: weight(5), ...last }),
    'Transpose Conv Transpose',
  )
  add(
    'two convs, channels last',
    [imageLast],
    (x) => s.conv(s.conv(x, weight(5, 4, 3, 3), last), weight(3, 5, 1, 1), last),
    'Transpose Conv Conv Transpose',
  )
  add(
    'transposed conv',
    [image],
    (x) =>
      s.convTranspose(x, weight(4, 3, 3, 2), {
        stride: [2, 3],
        padding: [1, 0],
        outputPadding: [1, 2],
        bias: weight(3),
      }),
    'ConvTranspose',
  )
  add(
    'transposed conv, groups, dilation',
    [image],
    (x) =>
      s.convTranspose(x, weight(4, 3, 3, 3), { groups: 2, dilation: 2, padding: 2, stride: 2 }),
    'ConvTranspose',
  )
  add(
    'transposed conv of a line, same',
    [line],
    (x) => s.convTranspose(x, weight(4, 3, 5), { stride: 3, padding: 'same' }),
    'ConvTranspose',
  )
  add(
    'transposed conv of a volume',
    [volume],
    (x) => s.convTranspose(x, weight(3, 2, 2, 2, 2), { stride: 2 }),
    'ConvTranspose',
  )
  add(
    'transposed conv, stride beyond the kernel',
    [line],
    (x) => s.convTranspose(x, weight(4, 3, 2), { stride: 4, outputPadding: 3 }),
    'ConvTranspose',
  )
  add(
    'transposed conv, repeated',
    [line],
    (x) => s.convTranspose(x, weight(4, 3, 4), { stride: 2, paddingMode: 'replicate', padding: 1 }),
    'Pad ConvTranspose',
  )
  add(
    'gradients of a conv',
    [image],
    (x) => {
      const w = weight(6, 2, 3, 2)
      const y = s.conv(x, w, { stride: [2, 1], dilation: [1, 2], groups: 2, padding: [2, 1] })
      return s.gradients(s.sum(s.mul(y, y)), [x, w])
    },
    undefined,
  )
  add(
    'gradients of a transposed conv, channels last',
    [imageLast],
    (x) => {
      const w = weight(4, 3, 3, 2)
      const y = s.convTranspose(x, w, {
        stride: [2, 1],
        dilation: [1, 2],
        padding: [2, 1],
        ...last,
      })
      return s.gradients(s.sum(s.mul(y, y)), [x, w])
    },
    undefined,
  )
  add('local conv', [[2, 2, 4, 4]], (x) =>
    s.localConv(x, weight(3, 3, 3, 2, 2, 2), { bias: weight(3) }),
  )
  add(
    'separable conv',
    [image],
    (x) => s.separableConv(x, weight(8, 1, 3, 3), weight(5, 8, 1, 1)),
    'Conv Conv',
  )

  add('linear', [table], (x) => s.linear(x, weight(4, 5), weight(4)), 'Gemm')
  add('linear without bias', [table], (x) => s.linear(x, weight(4, 5)), 'Gemm')
  add(
    'linear of three axes',
    [[2, 3, 5]],
    (x) => s.linear(x, weight(4, 5), weight(4)),
    'Reshape Gemm Reshape',
  )
  add('matmul', [table], (x) => s.matmul(x, weight(5, 2)), 'MatMul')
  add('matmul of a vector', [[5]], (x) => s.matmul(x, weight(5)), undefined, { dynamic: false })
  add(
    'batched matmul, transposed',
    [
      [2, 3, 5],
      [2, 4, 5],
    ],
    (a, b) => s.matmul(a, b, { transposeB: true }),
    'Transpose MatMul',
  )
  add(
    'a product plus a matrix',
    [table],
    (x) => s.add(s.matmul(x, weight(5, 2)), s.slice(x, [0, 1], [3, 3])),
    undefined,
    { dynamic: false },
  )
})
