/** A contestant's page in a browser: the driver calls `answerStriateBench`. */
import { type Answerer, answerer } from './answer.ts'

declare global {
  var answerStriateBench: Answerer
}

globalThis.answerStriateBench = answerer({
  async read(folder, name) {
    const response = await fetch(`${folder}/${name}.f32`)
    if (!response.ok) throw new Error(`${name}: ${response.status}`)
    return new Float32Array(await response.arrayBuffer())
  },
  async write(prefix, name, values) {
    const body = values.slice()
    const response = await fetch(`${prefix}.${name}.f32`, { method: 'PUT', body })
    if (!response.ok) throw new Error(`${name}: ${response.status}`)
  },
})
