/** Ways in which a program with threads comes to its end; none of them calls `process.exit`. */
import { limitMemory } from '../../../src/engine/wasm/memory.ts'
import {
  compute,
  conv2d,
  gather,
  ones,
  setThreads,
  type Tensor,
  tensor,
} from '../../../src/index.ts'

const work = (channels = 32): Tensor =>
  conv2d(ones([1, channels, 40, 40]), ones([channels, channels, 3, 3]))

const endings: Readonly<Record<string, () => Promise<void>>> = {
  async results() {
    await compute([work()])
  },
  async 'fewer threads later'() {
    setThreads(4)
    await compute([work()])
    setThreads(1)
    await compute([work(24)])
  },
  async 'a run that failed'() {
    const missing = gather(work(), tensor(new Int32Array([9])), 0)
    await compute([missing]).catch(() => undefined)
  },
  async 'an engine that started anew'() {
    await compute([work()])
    limitMemory(2 ** 24)
    await compute([conv2d(ones([1, 1, 3000, 3000]), ones([1, 1, 3, 3]))]).catch(() => undefined)
    await compute([work()])
  },
  async 'a result that nobody waits for'() {
    void compute([work()])
  },
  async 'an error that nobody catches'() {
    await compute([work()])
    throw new Error('on purpose')
  },
}

setThreads(2)
const [name = ''] = process.argv.slice(2)
process.on('exit', () => console.log(`ended: ${name}`))
await endings[name]!()
