/** Looking at plans, and measuring them. */
export type { Features } from '../wasm/features.ts'
export type { AlgorithmCost } from '../wasm/plan.ts'
export type { TileTrial, TuningReport } from '../wasm/tuning/tune.ts'
export type { ChromeTrace, TraceEvent } from './chromeTrace.ts'
export { explainPlan } from './explainPlan.ts'
export type { PlanExplanation, PlanFacts } from './explanation.ts'
export { type ProfileOptions, profile } from './profile.ts'
export type {
  Profile,
  ProfiledLayer,
  ProfiledStep,
  ProfileTotals,
  Speeds,
} from './profileReport.ts'
export type { PlanStep } from './stepFacts.ts'
export { tune } from './tune.ts'
