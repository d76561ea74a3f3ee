// The conformance suites in Chromium, on the built library: in a page and in a worker, with and without
// cross-origin isolation, on both engines.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { builtFolder, bundleForBrowser } from '../support/browser/bundle.ts'
import { findChromium, launchChromium, noChromium } from '../support/browser/chromium.ts'
import type { Outcome, Report } from '../support/browser/conformance.ts'
import type { Place } from '../support/browser/inPage.ts'
import { serve, type WebServer } from '../support/browser/server.ts'
import { engines } from '../support/engines.ts'
import { shared } from '../support/oracle.ts'
import { suites } from '../support/suites/index.ts'

const chromium = findChromium()
const reason = chromium === null ? noChromium : shared === null ? 'needs STRIATE_SHARED' : null

const page =
  '<!doctype html><title>Conformance</title><script type="module" src="/inPage.js"></script>'

const places: readonly Place[] = ['page', 'worker']
const scopes: Readonly<Record<Place, string>> = {
  page: 'Window',
  worker: 'DedicatedWorkerGlobalScope',
}

let browser: Browser
let scripts: Readonly<Record<string, string>>

beforeAll(async () => {
  if (reason !== null) return
  const names = ['inPage', 'inWorker']
  const bundles = await Promise.all(names.map(bundleForBrowser))
  scripts = Object.fromEntries(names.map((name, i) => [`/${name}.js`, bundles[i]!]))
  browser = await launchChromium(chromium!)
})
afterAll(() => browser?.close())

beforeEach(({ skip }) => skip(reason !== null, reason ?? ''))

async function runIn(server: WebServer, place: Place): Promise<Report> {
  const tab = await browser.newPage()
  const errors: string[] = []
  tab.on('pageerror', (error) => errors.push(String(error)))
  try {
    await tab.goto(`${server.origin}/index.html`)
    await tab.waitForFunction(() => 'runConformance' in globalThis)
    return await tab.evaluate(([where, which]) => globalThis.runConformance(where, which), [
      place,
      engines,
    ] as const)
  } catch (error) {
    throw new Error([error, ...errors, ...server.missing].join('\n'))
  } finally {
    await tab.close()
  }
}

for (const isolated of [false, true])
  for (const place of places) {
    const title = `in a ${place} ${isolated ? 'with' : 'without'} cross-origin isolation`
    describe(title, () => {
      let server: WebServer | undefined
      let report: Report

      beforeAll(async () => {
        if (reason !== null) return
        server = await serve({
          folders: { '/dist/': builtFolder, '/shared/': `${shared}/` },
          texts: { '/index.html': page, ...scripts },
          isolated,
        })
        report = await runIn(server, place)
      }, 600_000)
      afterAll(() => server?.close())

      it('is where it claims to be', () => {
        expect(report.scope).toBe(scopes[place])
        expect(report.isolated).toBe(isolated)
      })

      for (const { title, size } of suites)
        for (const engine of engines)
          it(`${title} on the ${engine} engine: ${size} cases`, () => {
            const isIt = (each: Outcome): boolean => each.title === title && each.engine === engine
            const outcome = report.outcomes.find(isIt)
            expect(outcome).toEqual({ title, engine, passed: size, failed: [] })
          })
    })
  }
