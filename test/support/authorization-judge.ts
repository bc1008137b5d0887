/** What a role may hear, and whether an answer is that. Written on its own: nothing here is taken from control's decisions. */
import type { Scope } from "../../schema/contracts/tokens.ts";
import { parseJson } from "../../schema/parse-json.ts";
import type { RawResponse } from "./http.ts";

export type Role = {
  readonly name: string;
  readonly token: string | null;
  /** What it hears everywhere; null when its token is good. */
  readonly refused: "token_missing" | "token_unknown" | "token_expired" | null;
  readonly scope: Scope;
  /** Whether its token is bound to the project called own. */
  readonly isBound: boolean;
};

/** What the document says that an operation needs. */
export type Need = { readonly scope: string; readonly unbound: boolean };

/**
 * Whose things a request names. `mixed`: the own project, with foreign things in it. Each of the two has a twin that names
 * what does not exist.
 */
export type Place = "own" | "foreign" | "mixed";

export type Expectation =
  | { readonly kind: "unauthenticated"; readonly code: string }
  | { readonly kind: "scope_missing" }
  /** Not there, in the very words for what does not exist. */
  | { readonly kind: "absent" }
  /** It succeeds. */
  | { readonly kind: "allowed" };

const MAY: Readonly<Record<Scope, readonly string[]>> = {
  read: ["token", "read"],
  deploy: ["token", "read", "deploy"],
  promote: ["token", "read", "promote"],
  admin: ["token", "read", "deploy", "promote", "admin"],
};

export function expectationOf(role: Role, need: Need, place: Place): Expectation {
  // No API token is the bootstrap secret.
  if (need.scope === "bootstrap" && role.token !== null) return { kind: "unauthenticated", code: "token_unknown" };
  if (role.refused) return { kind: "unauthenticated", code: role.refused };
  if (!MAY[role.scope].includes(need.scope) || (need.unbound && role.isBound)) return { kind: "scope_missing" };
  if (place === "mixed" || (place === "foreign" && role.isBound)) return { kind: "absent" };
  return { kind: "allowed" };
}

export type Verdict = "right" | "wrong accept" | "wrong refusal";

/** What a request hears that may be asked for. A code only where it can not succeed twice, and something else has been first. */
export type Outcome = { readonly status: number; readonly code?: string };

/**
 * @param outcome what the request hears when nothing is in its way
 * @param same whether its twin heard the same, names aside
 */
export function judge(expected: Expectation, answer: RawResponse, outcome: Outcome, same: boolean): Verdict {
  const code = (parseJson(answer.text) as { code?: string } | null)?.code;
  const { status, headers } = answer;
  switch (expected.kind) {
    case "unauthenticated": {
      const isRefused = status === 401 && code === expected.code && headers["www-authenticate"] !== undefined;
      // An installation without the secret has no such address.
      return isRefused || (status === 404 && code === "route_not_found") ? "right" : "wrong accept";
    }
    case "scope_missing":
      return status === 403 && code === "scope_missing" ? "right" : "wrong accept";
    case "absent":
      return status >= 400 && status < 500 && same ? "right" : "wrong accept";
    case "allowed":
      return status === outcome.status && (status < 400 || code === outcome.code) ? "right" : "wrong refusal";
    default:
      return expected satisfies never;
  }
}
