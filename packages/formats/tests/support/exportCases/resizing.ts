/** Resizing. */
import * as s from 'striate'
import { collect, image, imageLast, last, line, volume } from './case.ts'

export const resizingCases = collect((add) => {
  for (const mode of ['nearest', 'nearest-exact', 'linear', 'cubic'] as const) {
    add(`resize up, ${mode}`, [image], (x) => s.resize(x, { scaleFactor: 2, mode }), 'Resize')
    add(
      `resize down, ${mode}`,
      [[2, 3, 8, 12]],
      (x) => s.resize(x, { size: [4, 3], mode }),
      'Resize',
    )
    add(`resize of a line, ${mode}`, [line], (x) => s.resize(x, { size: 21, mode }))
    add(`resize by a fraction, ${mode}`, [image], (x) => s.resize(x, { scaleFactor: 1.7, mode }))
    add(`resize of a volume, ${mode}`, [volume], (x) => s.resize(x, { size: [5, 6, 9], mode }))
    add(`resize, channels last, ${mode}`, [imageLast], (x) =>
      s.resize(x, { size: [9, 4], mode, ...last }),
    )
  }
  for (const mode of ['linear', 'cubic'] as const)
    add(
      `resize, corners aligned, ${mode}`,
      [image],
      (x) => s.resize(x, { size: [10, 4], mode, alignCorners: true }),
      'Resize',
    )
  add(
    'resize of whole numbers',
    [{ shape: [2, 3, 4, 4], dtype: 'int32' }],
    (x) => s.resize(x, { scaleFactor: 2 }),
    'Resize',
  )
})
