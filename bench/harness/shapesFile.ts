/** Reads shapes from a file and picks the ones that were asked for. */
import { readFileSync } from 'node:fs'
import type { ConvolutionJob } from './job.ts'
import type { BenchOptions } from './options.ts'
import { shapesFile } from './places.ts'
import { readShape, type Shape, type ShapeRecord } from './shape.ts'

function readShapes({ from, shapes }: BenchOptions): Shape[] {
  const records: readonly ShapeRecord[] = JSON.parse(readFileSync(from ?? shapesFile, 'utf8'))
  const picked = records.filter(
    ({ name }) => shapes.length === 0 || shapes.some((part) => name.includes(part)),
  )
  if (picked.length === 0)
    throw new Error(`--shapes ${shapes.join()}: none of ${records.map(({ name }) => name).join()}`)
  return picked.map(readShape)
}

export function convolutionJobs(options: BenchOptions): ConvolutionJob[] {
  const shapes = readShapes(options)
  const { kinds, resident } = options
  return kinds.flatMap((kind) => shapes.map((shape) => ({ kind, shape, resident })))
}
