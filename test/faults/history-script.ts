/** Random commands of several clients of one channel. */
import fc from "fast-check";

type Pace = {
  /** Before the command, in milliseconds. */
  readonly wait: number;
  /** After so many milliseconds the client's connection is cut; null: never. */
  readonly cut: number | null;
};

export type Command = Pace &
  (
    | { readonly kind: "deploy"; readonly source: number; readonly fresh: boolean; readonly keyed: boolean }
    | { readonly kind: "promote"; readonly target: number; readonly expecting: boolean; readonly keyed: boolean }
    | { readonly kind: "rollback"; readonly expecting: boolean; readonly keyed: boolean }
    | { readonly kind: "read" }
    /** The client's last keyed request once more. */
    | { readonly kind: "again" }
    | { readonly kind: "evict" }
    /** The project's objects die at this step from now on. */
    | { readonly kind: "crash"; readonly step: number }
  );

/** The commands of each client. */
export type Script = readonly (readonly Command[])[];

export const CLIENTS = 3;
/** Bundles that exist before a history begins: what can be deployed and promoted. */
export const SOURCES = 3;

const pace = {
  wait: fc.nat(12),
  cut: fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(40) }),
};
const source = fc.nat(SOURCES - 1);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("deploy" as const),
      source,
      fresh: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      keyed: fc.boolean(),
      ...pace,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("promote" as const),
      target: source,
      expecting: fc.boolean(),
      keyed: fc.boolean(),
      ...pace,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("rollback" as const),
      expecting: fc.boolean(),
      keyed: fc.boolean(),
      ...pace,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("read" as const), ...pace }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("again" as const), ...pace }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("evict" as const), ...pace }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("crash" as const), step: fc.integer({ min: 1, max: 20 }), ...pace }),
  },
);

const script: fc.Arbitrary<Script> = fc.array(fc.array(command, { minLength: 4, maxLength: 6 }), {
  minLength: CLIENTS,
  maxLength: CLIENTS,
});

/** The first `count` scripts of a seed; the same every time. */
export function makeScripts(seed: number, count: number): Script[] {
  return fc.sample(script, { seed, numRuns: count });
}
