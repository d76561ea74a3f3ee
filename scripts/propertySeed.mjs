// In continuous integration property tests draw the same cases every time, so that a red run can be
// repeated and a green one stays green; at a desk each run draws new ones.
import fc from 'fast-check'

if (process.env.CI) fc.configureGlobal({ seed: 20_261_120 })
