/** A contestant as the driver sees it: something far away that answers requests. */
import type { Answers, Reply, Request, RequestOf } from './protocol.ts'

export interface Player {
  /** Rejects with the contestant's words when it fails. */
  ask<Op extends Request['op']>(request: RequestOf<Op>): Promise<Answers[Op]>
  close(): Promise<void>
}

/** The answer, or an error in the contestant's words. */
export function readReply<Op extends keyof Answers>(reply: Reply<Op>): Answers[Op] {
  if ('error' in reply) throw new Error(shorten(reply.error))
  return reply
}

const mostCharacters = 160

/** The first line of a message, for a table's footnote. */
export function shorten(message: string): string {
  const line = message.split('\n').find((each) => each.trim() !== '') ?? 'no message'
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line.trim()
}
