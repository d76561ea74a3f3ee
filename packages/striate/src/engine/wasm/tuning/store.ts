/** Which tiles `tune` has chosen, in this process; in earlier ones too where a keeper was brought, as on Node. */
import type { Features } from '../features.ts'

/** Numbers of the chosen candidates. */
export interface Choice {
  readonly contraction: number
  readonly product: number
}

/** Keeps choices for later processes on this machine; `uses` says what its kernels may use. */
export interface TileKeeper {
  read(uses: string): Choice | undefined
  /** Where the choice is kept; null if it is not. */
  write(uses: string, choice: Choice): string | null
}

let keeper: TileKeeper | null = null
const known = new Map<string, Choice | undefined>()

export function keepTilesBy(by: TileKeeper): void {
  keeper = by
}

const usesOf = ({ relaxed, wide }: Features): string =>
  `${relaxed ? 'relaxed' : 'plain'}${wide ? ' joined' : ''}`

/** What `tune` chose for a machine with these features, in this process or an earlier one. */
export function rememberedTiles(features: Features): Choice | undefined {
  const uses = usesOf(features)
  if (!known.has(uses)) known.set(uses, keeper?.read(uses))
  return known.get(uses)
}

/** Keeps a choice; says where, or null if it holds for this process only. */
export function rememberTiles(features: Features, choice: Choice): string | null {
  const uses = usesOf(features)
  known.set(uses, choice)
  return keeper?.write(uses, choice) ?? null
}

/** Forgets what this process knows: the file is read again. For tests. */
export function forgetTiles(): void {
  known.clear()
}
