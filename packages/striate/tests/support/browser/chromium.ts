/** The system's Chromium, for tests that need a real browser. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path in CHROMIUM, or the first browser on the PATH; null where there is none. */
export function findChromium(): string | null {
  const { CHROMIUM: given, PATH = '' } = process.env
  if (given) return given
  const folders = PATH.split(delimiter)
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return places.find(isExecutable) ?? null
}

/** Why browser tests skip where `findChromium` finds nothing. */
export const noChromium = 'no Chromium on this machine: install it, or name one in CHROMIUM'

/** Starts the browser with a profile of its own, which goes when it closes, and without a network. */
export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      // As root, as in most containers, Chromium has no sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
