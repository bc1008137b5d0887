/** What a test asks of test/fixtures/workers/faulty-control.ts, and what it hears back. */

/**
 * What becomes of a put or delete of a KV copy: stored, acknowledged but lost, refused with an error, acknowledged but only stored
 * later, neither stored nor answered before its release.
 */
export type Copies = "stored" | "lost" | "refused" | "held" | "hung";
/** What is wrong with the register itself: `doubled`, a rollback happens twice; `lost`, a rollback is answered and undone. */
export type BrokenRegister = "doubled" | "lost";
export type FaultyMeter = "silent" | "unreachable";
export type FaultyObject = "project" | "build_run" | "sweeper";

export type FaultOrder = {
  readonly project: string;
  /** The objects of the project die at the first number's step from now on, then at the second one's from there on. */
  readonly crashAt?: readonly number[];
  /** The calls of storage (bucket, directory, KV) at these steps from now on are answered with an error. */
  readonly failAt?: readonly number[];
  /** Of which object the steps count; default: of all. */
  readonly only?: FaultyObject;
  readonly copies?: Copies;
  /** The `Project` object does not answer the router. */
  readonly silent?: boolean;
  /** From now on, whatever else is ordered. */
  readonly register?: BrokenRegister;
  /** The project's `TrafficMeter`s count nothing although they say so, or answer nobody. */
  readonly meter?: FaultyMeter;
};

export type FaultReport = {
  /** The names of the steps at which an object died, since the last order. */
  readonly crashes: readonly string[];
  /** How many steps were taken since the last order. */
  readonly steps: number;
  /** How many copies were lost, refused, held or hung since the last order. */
  readonly astray: number;
};

/** Stores the copies that were held or hung, the oldest or the newest first. */
export type ReleaseOrder = { readonly project: string; readonly first: "oldest" | "newest" };
/** Lets the project deliver what will be due `aheadMs` from now. */
export type TickOrder = { readonly project: string; readonly aheadMs: number };
