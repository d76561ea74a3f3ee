/** What moves cells: shapes, padding, indices, order. */
import * as s from 'striate'
import { collect, image, line, table, weight } from './case.ts'

export const moveCases = collect((add) => {
  add('reshape', [[2, 3, 4]], (x) => s.reshape(x, [-1, 6, 2]), 'Reshape')
  add('flatten', [image], (x) => s.flatten(x), 'Flatten')
  add(
    'unsqueeze and squeeze',
    [[2, 1, 3, 4]],
    (x) => [s.unsqueeze(x, 2), s.squeeze(x, 1)],
    'Unsqueeze Squeeze',
  )
  add(
    'reshapes in a row',
    [[2, 3, 4]],
    (x) => s.reshape(s.reshape(x, [-1, 4]), [-1, 2, 6]),
    'Reshape',
  )
  add('permute', [[2, 3, 4]], (x) => s.permute(x, [2, 0, 1]), 'Transpose')
  add(
    'permute and back',
    [[2, 3, 4]],
    (x) => s.relu(s.permute(s.permute(x, [2, 0, 1]), [1, 2, 0])),
    'Relu',
  )
  add('broadcast', [[2, 1, 3]], (x) => s.broadcastTo(x, [4, x.shape[0]!, 5, 3]), undefined)
  add('concat', [table, table], (x, y) => s.concat([x, y, x], 1), 'Concat')
  add('stack', [table, table], (x, y) => s.stack([x, y], 1), 'Unsqueeze Unsqueeze Concat')
  add('split', [[2, 6]], (x) => s.split(x, [1, 2, 3], 1), 'Slice Slice Slice')
  add(
    'slice with steps',
    [[2, 9, 8]],
    (x) => s.slice(x, [1, -1], [8, 0], { axes: [1, 2], step: [3, -2] }),
    'Slice',
  )
  add('flip', [[2, 3, 4]], (x) => s.flip(x, [1, 2]), 'Slice')
  add(
    'pad',
    [image],
    (x) =>
      s.pad(x, [
        [1, 2],
        [0, 3],
      ]),
    'Pad',
  )
  add(
    'pad with a number',
    [image],
    (x) =>
      s.pad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        { value: -1.5 },
      ),
    'Pad',
  )
  add(
    'pad, reflected',
    [image],
    (x) =>
      s.pad(
        x,
        [
          [1, 2],
          [3, 0],
        ],
        { mode: 'reflect' },
      ),
    'Pad',
  )
  add(
    'pad, repeated',
    [image],
    (x) =>
      s.pad(
        x,
        [
          [7, 2],
          [3, 9],
        ],
        { mode: 'replicate' },
      ),
    'Pad',
  )
  add(
    'pad, circular',
    [image],
    (x) =>
      s.pad(
        x,
        [
          [1, 2],
          [3, 0],
        ],
        { mode: 'circular' },
      ),
    'Gather Gather',
  )
  add(
    'pad that crops',
    [image],
    (x) =>
      s.pad(x, [
        [-1, 2],
        [-2, -1],
      ]),
    'Slice Pad',
  )
  add(
    'pad of whole numbers',
    [{ shape: [2, 3, 5], dtype: 'int32' }],
    (x) => s.pad(x, [[2, 2]], { mode: 'reflect' }),
    'Pad',
  )
  add('pixel shuffle', [[2, 8, 3, 2]], (x) => s.pixelShuffle(x, 2), 'DepthToSpace')
  add('depth to space', [[2, 8, 3, 2]], (x) => s.depthToSpace(x, 2), 'DepthToSpace')
  add('space to depth', [[2, 3, 4, 6]], (x) => s.spaceToDepth(x, 2), 'SpaceToDepth')
  add('pixel unshuffle', [[2, 3, 4, 6]], (x) => s.pixelUnshuffle(x, 2), 'Reshape Transpose Reshape')
  add('channel shuffle', [[2, 6, 4]], (x) => s.channelShuffle(x, 3), 'Reshape Transpose Reshape')
  add('space to batch', [image], (x) => s.spaceToBatch(x, [1, 2]))
  add('unfold', [image], (x) => s.unfold(x, [3, 2], { padding: 1, dilation: [1, 2] }))
  add('fold', [[2, 12, 20]], (x) => s.fold(x, [6, 5], 2), undefined)
  add(
    'gather',
    [{ shape: [2, 3], dtype: 'int32' }],
    (ids) => s.gather(weight(50, 4), ids),
    'Gather',
    { values: 'words' },
  )
  add(
    'embedding',
    [{ shape: [2, 3], dtype: 'int32' }],
    (ids) => s.embedding(ids, weight(50, 4), { paddingIndex: 0 }),
    'Gather',
    { values: 'words' },
  )
  add(
    'take along',
    [table],
    (x) => s.takeAlong(x, s.tensor(new Int32Array([4, 0, 2, 1, 1, 3]), [3, 2]), 1),
    'GatherElements',
    { dynamic: false },
  )
  add('one hot', [{ shape: [2, 3], dtype: 'int32' }], (ids) => s.oneHot(ids, 50), undefined, {
    values: 'words',
  })
  add(
    'argmax',
    [image],
    (x) => [s.argmax(x, { axis: 1 }), s.argmin(x, { axis: 3, keepDims: true })],
    undefined,
    { values: 'rounded' },
  )
  add(
    'top k',
    [table],
    (x) => {
      const { values, indices } = s.topK(x, 3)
      return [values, indices]
    },
    undefined,
    { values: 'rounded' },
  )
  add('smallest', [table], (x) => s.topK(x, 2, { largest: false }).values, 'TopK')
  add(
    'sort',
    [image],
    (x) => {
      const { values, indices } = s.sort(x, { axis: 1 })
      return [values, indices]
    },
    undefined,
    { values: 'rounded' },
  )

  add(
    'places beneath more padding than ONNX allows',
    [line],
    (x) => s.maxPoolWithIndices(x, 2, { stride: 1, dilation: 4, padding: 2 }).indices,
  )
  add('places of one in a channel', [image], (x) => s.maxPoolWithIndices(x, [7, 6]).indices)
  add('take along where -1 is nothing', [table, { shape: [3, 4], dtype: 'int32' }], (x, ids) =>
    s.takeAlong(x, s.sub(s.mod(ids, 6), 1), 1),
  )
  add('fold of a long line', [[2, 6, 1200]], (x) => s.fold(x, [1202], 3))
  add('a detached value', [table], (x) => s.relu(x.detach()), 'Relu')
  add('equal computations', [table], (x) => s.add(s.exp(x), s.exp(x)), 'Exp Add')
  add('an input that goes out', [table], (x) => [x, s.relu(x), s.relu(x)], 'Relu Identity Identity')
  add('constants alone', [table], () => s.relu(s.tensor([-1, 2])), 'Relu')
})
