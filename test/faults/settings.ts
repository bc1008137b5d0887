/**
 * `FAULTS_SCALE` multiplies how much is tried, `FAULTS_SEED` chooses what, and with `FAULTS_PATH` it is the one history that a
 * failure named.
 */
export type FaultSettings = { readonly scale: number; readonly seed: number; readonly path: string | null };

/** The seed of CI: the same every time, so that what fails there fails again. */
const SEED = 20_261_123;

export function readFaultSettings(env: Readonly<Record<string, string | undefined>>): FaultSettings {
  return {
    scale: numberOf(env.FAULTS_SCALE, 1),
    seed: numberOf(env.FAULTS_SEED, SEED),
    path: env.FAULTS_PATH || null,
  };
}

function numberOf(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === "") return otherwise;
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`"${text}" is not a number that FAULTS_SCALE or FAULTS_SEED can be`);
  return value;
}
