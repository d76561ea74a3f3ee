/** Which of the names in a file belongs to which weight. */
import type { PlacedSlot } from './slots.ts'

/** Names by slot: those that end in `layer/weight` if that is clear for all, and else in their order. */
export const matchNames = (
  slots: readonly PlacedSlot[],
  names: readonly string[],
): ReadonlyMap<PlacedSlot, string> => namesBySlot(slots, names) ?? inOrder(slots, names)

/** Each slot's name by its last parts, if that is clear for all. */
function namesBySlot(
  slots: readonly PlacedSlot[],
  names: readonly string[],
): Map<PlacedSlot, string> | undefined {
  const byEnding = new Map<string, string[]>()
  for (const name of names) {
    const ending = name.replace(/:\d+$/, '').split('/').slice(-2).join('/')
    const others = byEnding.get(ending)
    if (others) others.push(name)
    else byEnding.set(ending, [name])
  }
  const chosen = new Map<PlacedSlot, string>()
  for (const placed of slots) {
    const { layers, slot } = placed
    const found = [slot.name, ...(slot.name === 'depthwise_kernel' ? ['kernel'] : [])].flatMap(
      (name) => byEnding.get(`${layers.at(-1)}/${name}`) ?? [],
    )
    if (found.length !== 1) return undefined
    chosen.set(placed, found[0]!)
  }
  return new Set(chosen.values()).size === slots.length ? chosen : undefined
}

/** What is trained comes first, then the rest. */
export const trainedFirst = (slots: readonly PlacedSlot[]): PlacedSlot[] => [
  ...slots.filter(({ isTrained }) => isTrained),
  ...slots.filter(({ isTrained }) => !isTrained),
]

const inOrder = (slots: readonly PlacedSlot[], names: readonly string[]): Map<PlacedSlot, string> =>
  new Map(trainedFirst(slots).map((placed, at) => [placed, names[at]!]))
