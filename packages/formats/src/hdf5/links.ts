/** What a group holds: names, and the addresses of the headers that they lead to. */
import { fail } from 'striate'
import { Cursor, nowhere } from './cursor.ts'
import { type Message, messageTypes } from './objectHeader.ts'

/** Deeper trees would hold more names than a file has bytes. */
const levelsAtMost = 32

/** A heap without zeros must not be searched whole for every name. */
const nameAtMost = 4096

/** Addresses of object headers by name; soft and external links lead nowhere. */
export function readLinks(
  op: string,
  bytes: Uint8Array,
  messages: readonly Message[],
  what: string,
): Map<string, number> {
  const links = new Map<string, number>()
  for (const { type, data } of messages) {
    if (type === messageTypes.link) readLink(data, links)
    else if (type === messageTypes.symbolTable) {
      const tree = data.u64()
      readSymbolTable(
        { op, bytes, what, heap: data.u64(), links, seen: new Set() },
        tree,
        levelsAtMost,
      )
    } else if (type === messageTypes.linkInfo) {
      const [, flags] = [data.u8(), data.u8()]
      if (flags & 1) data.skip(8)
      if (data.u64() !== nowhere) {
        const needs = 'must keep its links in its header or in a symbol table'
        const hint = "a file written with libver='earliest' does"
        fail({ op, argument: what, needs, got: 'a fractal heap', hint })
      }
    }
  }
  return links
}

/** A link message, version 1. */
function readLink(data: Cursor, links: Map<string, number>): void {
  const version = data.u8()
  if (version !== 1) data.refuse('must be a link of version 1', String(version))
  const flags = data.u8()
  const isHard = (flags & 8) === 0 || data.u8() === 0
  if (flags & 4) data.skip(8)
  if (flags & 16) data.skip(1)
  const name = data.text(data.uint(1 << (flags & 3)))
  links.set(name, isHard ? data.u64() : nowhere)
}

interface SymbolTable {
  readonly op: string
  readonly bytes: Uint8Array
  readonly what: string
  /** The address of the heap that holds the names. */
  readonly heap: number
  readonly links: Map<string, number>
  /** Nodes that were read: each may stand in the tree once. */
  readonly seen: Set<number>
}

function readSymbolTable(table: SymbolTable, address: number, levels: number): void {
  const { op, bytes, what, seen } = table
  const node = new Cursor(op, bytes, `${what}'s names`, address, bytes.length - address)
  if (seen.has(address)) node.refuse('must be a tree', 'a node that stands in it twice')
  seen.add(address)
  node.signature('TREE')
  const kind = node.u8()
  const level = node.u8()
  if (kind !== 0 || level >= levels)
    node.refuse('must be a node of a group, below its parent', `type ${kind} at level ${level}`)
  const count = node.u16()
  node.skip(16)
  for (let at = 0; at < count; at++) {
    node.skip(8)
    const child = node.u64()
    if (level > 0) readSymbolTable(table, child, level)
    else readSymbols(table, child)
  }
}

function readSymbols({ op, bytes, what, heap, links, seen }: SymbolTable, address: number): void {
  const node = new Cursor(op, bytes, `${what}'s names`, address, bytes.length - address)
  if (seen.has(address)) node.refuse('must be a tree', 'a node that stands in it twice')
  seen.add(address)
  node.signature('SNOD')
  node.skip(2)
  const count = node.u16()
  for (let at = 0; at < count; at++) {
    const name = nameAt(op, bytes, heap, node.u64())
    const header = node.u64()
    const isSoft = node.u32() === 2
    node.skip(20)
    links.set(name, isSoft ? nowhere : header)
  }
}

function nameAt(op: string, bytes: Uint8Array, heap: number, offset: number): string {
  const head = new Cursor(op, bytes, 'a heap of names', heap, 32)
  head.signature('HEAP')
  head.skip(4)
  const size = head.u64()
  head.skip(8)
  const data = new Cursor(op, bytes, 'a heap of names', head.u64(), size)
  data.skip(offset)
  return data.text(Math.min(data.left, nameAtMost))
}
