/** A contestant's process on Node: requests on standard input, replies on standard output, a line each. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { answerer } from './answer.ts'
import type { Request } from './protocol.ts'

const answer = answerer({
  async read(folder, name) {
    const { buffer, byteOffset, byteLength } = await readFile(join(folder, `${name}.f32`))
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
  },
  write: (prefix, name, values) =>
    writeFile(
      `${prefix}.${name}.f32`,
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    ),
})

for await (const line of createInterface({ input: stdin })) {
  const reply = await answer(JSON.parse(line) as Request)
  stdout.write(`${JSON.stringify(reply)}\n`)
}
// A library's threads must not keep the process.
process.exit()
