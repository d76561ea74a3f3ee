/** Gives a layer's own fields the layer that now stands in a child's place. */
import type { Layer } from './layer.ts'
import { notePlace } from './scope.ts'

/**
 * Puts `after` where `around` holds `before` under `name`: in its fields, and in lists, maps and plain
 * objects there. Where the same layer stands under another name as well, that place stays.
 */
export function rewire(around: Layer, name: string, before: Layer, after: Layer): void {
  const isShared = around.children().some(([, child]) => child === before)
  const isMeant = (value: unknown, key: unknown): boolean =>
    value === before && (!isShared || key === name)
  for (const [key, value] of Object.entries(around)) {
    if (isMeant(value, key)) Reflect.set(around, key, after)
    else if (Array.isArray(value) || isPlain(value)) replaceIn(value, isMeant, after)
    else if (value instanceof Map)
      for (const [own, each] of value) if (isMeant(each, own)) value.set(own, after)
  }
  notePlace(after, around, true)
  if (!isShared) notePlace(before, around, false)
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function replaceIn(
  holder: object,
  isMeant: (value: unknown, key: unknown) => boolean,
  after: Layer,
): void {
  for (const [key, value] of Object.entries(holder))
    if (isMeant(value, key)) Reflect.set(holder, key, after)
}
