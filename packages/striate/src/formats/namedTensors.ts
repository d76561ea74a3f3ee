/** Tensors by name, on their way into and out of files. */
import { compute } from '../tensor/compute.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import type { ArrayData, ArrayInput } from './arrayData.ts'

/** The values of tensors, computed together where they are not known. */
export async function arraysOf(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, ArrayInput>> {
  await compute(Object.values(tensors))
  const arrays = Object.entries(tensors).map(([name, { shape, dtype, node }]) => {
    return [name, { dtype, shape, data: node.data } as ArrayInput] as const
  })
  return withNames(arrays)
}

/** Tensors over arrays that were read. */
export function tensorsOf(arrays: Readonly<Record<string, ArrayData>>): Record<string, Tensor> {
  return withNames(
    Object.entries(arrays).map(([name, { data, shape, dtype }]) => {
      return [name, fromData(data, shape, dtype)] as const
    }),
  )
}

/** Those whose names begin with the prefix, without it. */
export function withoutPrefix<T>(
  values: Readonly<Record<string, T>>,
  prefix: string,
): Record<string, T> {
  const found = Object.entries(values).filter(([name]) => name.startsWith(prefix))
  return withNames(found.map(([name, value]) => [name.slice(prefix.length), value] as const))
}

/** The same values, each name with the prefix. */
export function withPrefix<T>(
  values: Readonly<Record<string, T>>,
  prefix: string,
): Record<string, T> {
  return withNames(Object.entries(values).map(([name, value]) => [prefix + name, value] as const))
}

/** A record without a prototype: any name is safe. */
function withNames<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const record = Object.create(null) as Record<string, T>
  for (const [name, value] of entries) record[name] = value
  return record
}
