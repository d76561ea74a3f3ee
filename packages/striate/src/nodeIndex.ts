/** The library as Node loads it: with words of its work, canaries and a file of tiles, which pages do without. */
import { tellOfWork } from './engine/inspect/telling.ts'
import { bringCanaries } from './engine/wasm/canaries.ts'
import { keepTilesInFile } from './engine/wasm/tuning/file.ts'

tellOfWork()
bringCanaries()
keepTilesInFile()

export * from './index.ts'
