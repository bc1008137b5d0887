/**
 * The tokens that this isolate has lately found good, so that not every request asks the directory. An entry counts for 5 s
 * from the moment at which the directory was asked: a token that another isolate revokes stops within that time.
 */
import type { Digest } from "../../schema/digest.ts";
import { keepNewest } from "../keep-newest.ts";
import type { Caller } from "./context.ts";

export const KEEP_MS = 5_000;
/** A caller of 50 projects has about 3 KB. */
const MAX_ENTRIES = 2_000;

export type Known = { readonly hash: Digest; readonly caller: Caller };
type Entry = { readonly known: Known | null; readonly until: number };

export type TokenMemory = ReturnType<typeof createTokenMemory>;

export function createTokenMemory() {
  const entries = new Map<string, Entry>();

  return {
    /** @returns what was good when the directory was last asked, and whether that still counts */
    find(id: string, now: number): { readonly known: Known | null; readonly isFresh: boolean } {
      const { known, until } = entries.get(id) ?? { known: null, until: 0 };
      return { known, isFresh: known !== null && until > now };
    },

    /** @param askedAt when the directory was asked: its answer may be older than one that came in between */
    remember(known: Known, askedAt: number): void {
      const id = known.caller.token;
      const earlier = entries.get(id);
      if (earlier?.known === null && earlier.until > askedAt) return;
      keepNewest(entries, id, { known, until: askedAt + KEEP_MS }, MAX_ENTRIES);
    },

    /** The token was revoked. What the directory was asked before, and answers only now, does not bring it back. */
    forget(id: string, now: number): void {
      keepNewest(entries, id, { known: null, until: now + KEEP_MS }, MAX_ENTRIES);
    },
  };
}
