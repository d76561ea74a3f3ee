/** Weights that lie in files beside the model: where they may lie, and what of them is read. */

import { readBytes } from 'striate'
import { nodeModule } from '../node.ts'
import { type Complaint, fail, quote } from './complain.ts'

/** Reads the file of that location, which is relative to the model and does not leave its folder. */
export type ExternalReader = (location: string) => Promise<Uint8Array<ArrayBuffer>>

interface Reference {
  readonly argument: string
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** The files that tensors of a model refer to; known when the model was read, held once they were loaded. */
export class ExternalFiles {
  readonly #references: Reference[] = []
  readonly #held = new Map<string, Uint8Array<ArrayBuffer>>()

  /** Notes what a tensor refers to; the function that comes back hands out its bytes once they are loaded. */
  reference(
    argument: string,
    entries: ReadonlyMap<string, string>,
    bytes: number,
  ): () => Uint8Array<ArrayBuffer> {
    const location = safeLocation(argument, entries.get('location') ?? '')
    const offset = wholeNumber(argument, 'offset', entries.get('offset') ?? '0')
    const given = entries.get('length')
    const length = given === undefined ? bytes : wholeNumber(argument, 'length', given)
    if (length !== bytes) {
      const needs = `must have an external length of ${bytes} bytes for its shape`
      fail({ argument, needs, got: `${length}` })
    }
    this.#references.push({ argument, location, offset, length })
    return () => this.#held.get(location)!.subarray(offset, offset + length)
  }

  /** The files, each once. */
  get locations(): string[] {
    return [...new Set(this.#references.map(({ location }) => location))]
  }

  /** Takes the bytes of a file; throws, naming the tensor, where they are too few. */
  hold(location: string, bytes: Uint8Array<ArrayBuffer>): void {
    for (const { argument, location: wanted, offset, length } of this.#references) {
      if (wanted !== location || offset + length <= bytes.length) continue
      fail({
        argument,
        needs: `must lie within ${quote(location)}, which has ${bytes.length} bytes`,
        got: `bytes ${offset} to ${offset + length}`,
      })
    }
    this.#held.set(location, bytes)
  }

  /** Has every file read that is wanted. */
  async load(read: ExternalReader | undefined): Promise<void> {
    for (const location of this.locations) {
      if (!read) this.refuse(location)
      const bytes = await read(location).catch((cause: Error) =>
        this.#complain(location, { got: cause.message, cause }),
      )
      this.hold(location, bytes)
    }
  }

  /** Throws for a file that nobody can read. */
  refuse(location: string): never {
    return this.#complain(location, {
      got: 'a model given as bytes alone',
      hint: 'give the path of the model, or the option externalData',
    })
  }

  /** Throws, naming the first tensor of the file. */
  #complain(location: string, what: Pick<Complaint, 'got' | 'hint' | 'cause'>): never {
    const { argument } = this.#references.find((each) => each.location === location)!
    const needs = `needs the bytes of its external file ${quote(location)}`
    return fail({ argument, needs, ...what })
  }
}

/** A location that stays within the folder of the model, whatever system reads it. */
function safeLocation(argument: string, location: string): string {
  const parts = location.split('/')
  const isSafe =
    location !== '' &&
    !/[\\\p{Cc}]/u.test(location) &&
    !/^[a-z]+:/i.test(location) &&
    parts.every((part) => part !== '' && part !== '..')
  if (isSafe) return location
  return fail({
    argument,
    needs: 'must have its external data in the folder of the model',
    got: quote(location),
    hint: 'a location is a relative path without .. and with / between its parts',
  })
}

function wholeNumber(argument: string, key: string, value: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isSafeInteger(number)) return number
  return fail({
    argument,
    needs: `must have an external ${key} that is a whole number`,
    got: quote(value),
  })
}

/** Reads files of a folder; a link that leads out of it is refused. Node only. */
export async function folderReader(model: string, limit: number): Promise<ExternalReader> {
  const { realpath } = nodeModule('node:fs/promises')
  const { dirname, join, relative, isAbsolute } = nodeModule('node:path')
  const folder = await realpath(dirname(model))
  return async (location) => {
    const path = join(folder, location)
    const real = await realpath(path).catch(() => path)
    const way = relative(folder, real)
    if (way.startsWith('..') || isAbsolute(way)) {
      fail({
        argument: `external file ${quote(location)}`,
        needs: 'must lie in the folder of the model',
        got: 'a link that leads out of it',
      })
    }
    return readBytes(path, { limit })
  }
}
