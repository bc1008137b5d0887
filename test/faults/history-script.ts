/** Random commands of several clients of one channel. */
import fc from "fast-check";

/** After so many milliseconds the client's connection may be cut, and it never hears what came of the request; null: never. */
type Request = { readonly cut: number | null };

export type Command =
  | ({ readonly kind: "read" } & Request)
  | ({ readonly kind: "deploy"; readonly source: number; readonly fresh: boolean; readonly keyed: boolean } & Request)
  | ({
      readonly kind: "promote";
      readonly target: number;
      /** Names the revision that the client saw last. */
      readonly expecting: boolean;
      readonly keyed: boolean;
    } & Request)
  | ({ readonly kind: "rollback"; readonly expecting: boolean; readonly keyed: boolean } & Request)
  /** The client's last keyed request once more. */
  | ({ readonly kind: "again" } & Request)
  | { readonly kind: "evict" }
  /** The project's objects die at this step from now on. */
  | { readonly kind: "crash"; readonly step: number };

/** Each client's commands in their order. When a command is sent, and when its answer is heard, is for a scheduler to say. */
export type Script = readonly { readonly client: number; readonly command: Command }[];

export const CLIENTS = 3;
/** Bundles that exist before a history begins: what can be deployed and promoted. */
export const SOURCES = 3;
/** What a history may ask for; its flips, and those that make its channel ready, are fewer than one answer lists. */
export const MAX_COMMANDS = 24;

const cut = fc.oneof(
  { withCrossShrink: true },
  { weight: 7, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.nat(40) },
);
const source = fc.nat(SOURCES - 1);
const is = <K extends Command["kind"]>(kind: K) => fc.constant(kind);

const command: fc.Arbitrary<Command> = fc.oneof(
  // What a failing command is tried to be replaced by.
  { withCrossShrink: true },
  { weight: 4, arbitrary: fc.record({ kind: is("read"), cut }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: is("deploy"),
      source,
      fresh: fc.nat(3).map((n) => n === 3),
      keyed: fc.boolean(),
      cut,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: is("promote"),
      target: source,
      expecting: fc.boolean(),
      keyed: fc.boolean(),
      cut,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: is("rollback"), expecting: fc.boolean(), keyed: fc.boolean(), cut }),
  },
  { weight: 4, arbitrary: fc.record({ kind: is("again"), cut }) },
  { weight: 2, arbitrary: fc.record({ kind: is("evict") }) },
  { weight: 2, arbitrary: fc.record({ kind: is("crash"), step: fc.integer({ min: 1, max: 20 }) }) },
);

export const script: fc.Arbitrary<Script> = fc.array(fc.record({ client: fc.nat(CLIENTS - 1), command }), {
  maxLength: MAX_COMMANDS,
  // Long ones as likely as short ones.
  size: "max",
});
