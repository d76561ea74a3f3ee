/** Object headers: the list of messages that says what a group or a dataset is. */
import { Cursor } from './cursor.ts'

/** One message: its type, and a cursor over its data. */
export interface Message {
  readonly type: number
  readonly data: Cursor
}

export const messageTypes = {
  dataspace: 0x1,
  linkInfo: 0x2,
  datatype: 0x3,
  link: 0x6,
  layout: 0x8,
  filters: 0xb,
  attribute: 0xc,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const

/** Where messages lie, and how. */
interface Block {
  readonly start: number
  readonly length: number
  /** Bytes before the messages of the block. */
  readonly prefix: number
  /** Bytes after them. */
  readonly suffix: number
}

/** All messages of the header at an address, those of its continuations included. */
export function readObjectHeader(
  op: string,
  bytes: Uint8Array,
  address: number,
  what: string,
): Message[] {
  const start = new Cursor(op, bytes, what, address, Math.min(16, bytes.length - address))
  const isNew = start.left >= 4 && String.fromCharCode(...start.bytes(4)) === 'OHDR'
  const header = isNew ? newHeader(op, bytes, address, what) : oldHeader(op, bytes, address, what)
  const messages: Message[] = []
  const blocks = [header.first]
  const seen = new Set<number>([header.first.start])
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    const { start: at, length, prefix, suffix } = block
    const cursor = new Cursor(op, bytes, what, at, length)
    cursor.skip(prefix)
    const end = cursor.end - suffix
    while (end - cursor.at >= header.messageBytes) {
      const message = header.readMessage(cursor)
      const data = new Cursor(op, bytes, what, cursor.skip(message.size), message.size)
      if (message.isShared && message.type !== 0)
        cursor.refuse('must hold its messages itself', `a shared message of type ${message.type}`)
      if (message.type !== messageTypes.continuation) {
        messages.push({ type: message.type, data })
        continue
      }
      const next = { start: data.u64(), length: data.u64(), ...header.continued }
      // Each block lies somewhere else, so that a circle of continuations ends.
      if (seen.has(next.start)) data.refuse('must continue somewhere new', `byte ${next.start}`)
      seen.add(next.start)
      blocks.push(next)
    }
  }
  return messages
}

interface MessageHead {
  readonly type: number
  readonly size: number
  readonly isShared: boolean
}

interface Header {
  readonly first: Block
  readonly continued: Pick<Block, 'prefix' | 'suffix'>
  readonly messageBytes: number
  readonly readMessage: (cursor: Cursor) => MessageHead
}

function oldHeader(op: string, bytes: Uint8Array, address: number, what: string): Header {
  const cursor = new Cursor(op, bytes, what, address, 16)
  const version = cursor.u8()
  if (version !== 1)
    cursor.refuse('must begin an object header of version 1 or 2', String(version), address)
  cursor.skip(7)
  const length = cursor.u32()
  return {
    first: { start: address + 16, length, prefix: 0, suffix: 0 },
    continued: { prefix: 0, suffix: 0 },
    messageBytes: 8,
    readMessage(from) {
      const type = from.u16()
      const size = from.u16()
      const flags = from.u8()
      from.skip(3)
      return { type, size, isShared: (flags & 2) !== 0 }
    },
  }
}

function newHeader(op: string, bytes: Uint8Array, address: number, what: string): Header {
  const left = Math.min(64, bytes.length - address)
  const cursor = new Cursor(op, bytes, what, address, left)
  cursor.signature('OHDR')
  const version = cursor.u8()
  if (version !== 2) cursor.refuse('must be an object header of version 2', String(version))
  const flags = cursor.u8()
  if (flags & 32) cursor.skip(16)
  if (flags & 16) cursor.skip(4)
  const length = cursor.uint(1 << (flags & 3))
  const hasOrder = (flags & 4) !== 0
  return {
    // The block of the first messages ends with a checksum of four bytes, which its length leaves out.
    first: { start: cursor.at, length, prefix: 0, suffix: 0 },
    continued: { prefix: 4, suffix: 4 },
    messageBytes: hasOrder ? 6 : 4,
    readMessage(from) {
      const type = from.u8()
      const size = from.u16()
      const isShared = (from.u8() & 2) !== 0
      if (hasOrder) from.skip(2)
      return { type, size, isShared }
    },
  }
}
