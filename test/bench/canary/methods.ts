import { ARGO } from "./argo.ts";
import { FLAGGER, FLAGGER_FIRST, FLAGGER_SCHEDULER } from "./flagger.ts";
import { KAYENTA } from "./kayenta.ts";
import type { Method } from "./method.ts";
import { OURS } from "./ours.ts";
import { PEEKED_Z } from "./peeked-z.ts";
import { VERCEL_MINUTE, VERCEL_STAGE } from "./vercel-gate.ts";

export const METHODS: readonly Method[] = [
  OURS,
  FLAGGER,
  FLAGGER_SCHEDULER,
  FLAGGER_FIRST,
  ARGO,
  KAYENTA,
  VERCEL_MINUTE,
  VERCEL_STAGE,
  PEEKED_Z,
];
