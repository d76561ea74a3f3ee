/** Names of zip entries: read as text, and refused where they would lead out of a folder. */
import { describe, fail } from 'striate'

export function checkEntryName(op: string, argument: string, bytes: Uint8Array): string {
  const name = decode(op, argument, bytes)
  const parts = name.replace(/\/$/, '').split('/')
  const leadsOut = parts.some((part) => part === '' || part === '.' || part === '..')
  if (leadsOut || /[\\\0]|^[A-Za-z]:/.test(name)) {
    const needs = 'must name entries by relative paths without .., backslashes and drives'
    fail({ op, argument, needs, got: describe(name) })
  }
  return name
}

function decode(op: string, argument: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const needs = 'must have a name in UTF-8'
    return fail({ op, argument, needs, got: describe([...bytes.subarray(0, 8)]), cause })
  }
}
