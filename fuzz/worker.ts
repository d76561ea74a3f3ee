/** Computes cases, one after the other, and shrinks the first that fails. */
import { caseOf, printCase } from './cases.ts'
import { check, tolerance } from './check.ts'
import type { Order, Report } from './protocol.ts'
import { shrink } from './shrink.ts'

/** For the search for a smaller case. */
const mostSeconds = 120

const say = (report: Report): void => {
  process.send!(report)
}

process.on('message', async ({ seed, first, last, only }: Order) => {
  for (let number = first; number <= last; number++) {
    say({ begun: number })
    const drawn = caseOf(seed + number, only)
    const failure = await check(drawn)
    if (!failure) continue
    const smallest = await shrink(drawn, async (each) => (await check(each)) !== null, mostSeconds)
    const message = (await check(smallest))?.message ?? failure.message
    say({ failed: number, message, code: printCase(smallest, tolerance) })
    break
  }
  say({ done: true })
})
