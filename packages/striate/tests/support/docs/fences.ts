/** Finds the examples of the documentation: every fence marked `ts`, with the place where it stands. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository: string = fileURLToPath(new URL('../../../../../', import.meta.url))

export interface Fence {
  /** Path from the repository's root. */
  readonly file: string
  /** Line of its first line of code, from 1. */
  readonly line: number
  readonly code: string
}

const opening = /^(?<prefix>[ \t]*(?:\*[ \t]?)?)(?<ticks>`{3,})ts[ \t]*$/

/** The fences of one text; in a doc comment the leading ` * ` is taken off. */
export function fencesOf(file: string, text: string): Fence[] {
  const lines = text.split('\n')
  const fences: Fence[] = []
  for (let i = 0; i < lines.length; i++) {
    const start = opening.exec(lines[i]!)?.groups
    if (!start) continue
    const { prefix, ticks } = start as { prefix: string; ticks: string }
    const body = (line: string): string =>
      line.startsWith(prefix)
        ? line.slice(prefix.length)
        : line.trim() === prefix.trim()
          ? ''
          : line
    const line = i + 2
    const code: string[] = []
    for (i++; i < lines.length && body(lines[i]!).trim() !== ticks; i++) code.push(body(lines[i]!))
    if (i === lines.length) throw new Error(`${file}:${line - 1}: the fence is never closed`)
    fences.push({ file, line, code: code.join('\n') })
  }
  return fences
}

const filesIn = (folder: string, ending: string, recursive: boolean): string[] =>
  readdirSync(join(repository, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort()

/** The examples of the README and its neighbours, of `docs/` and of the packages' doc comments. */
export function allFences(): Fence[] {
  const files = [
    ...filesIn('.', '.md', false),
    ...filesIn('docs', '.md', true),
    ...filesIn('packages/striate/src', '.ts', true),
    ...filesIn('packages/formats/src', '.ts', true),
  ]
  return files.flatMap((file) => fencesOf(file, readFileSync(join(repository, file), 'utf8')))
}
