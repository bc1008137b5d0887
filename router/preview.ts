/**
 * Passes at the edge: who bears one sees the side that it names. It comes in a header, or in a cookie that a preview link
 * has set. Such visits are nobody's evidence, and no cache may keep their answers for others.
 */

import type { RouteRecord } from "../schema/route-record.ts";
import { VARIANT_HEADER, VARIANT_PATH, type VariantPass, verifyPass } from "../schema/variant-pass.ts";
import type { Clock } from "./ports.ts";
import type { Visit } from "./visit.ts";

export interface Passes {
  /** @returns null for whatever is no pass of ours, and for one that has expired */
  read(text: string): Promise<VariantPass | null>;
}

export function createPasses(key: string, clock: Pick<Clock, "now">): Passes {
  return {
    async read(text) {
      const read = await verifyPass(key, text, clock.now());
      return read.ok ? read.value : null;
    },
  };
}

/** - `refused`: the header holds something that is no pass for the rollout that runs here now */
export type Forcing = { readonly kind: "none" | "refused" } | { readonly kind: "forced"; readonly pass: VariantPass };

const COOKIE = "__Host-atelier-preview";
const COOKIE_VALUE = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w.-]+)(?:;|$)`);
const COOKIE_RULES = "Path=/; Secure; HttpOnly; SameSite=Lax";
/** The Set-Cookie value that ends a preview. */
export const REMOVED_PREVIEW_COOKIE = `${COOKIE}=; Max-Age=0; ${COOKIE_RULES}`;

const NONE: Forcing = { kind: "none" };

/** Nearly nobody is forced, and that takes two looks at the headers. A cookie that is worth nothing any more forces nothing. */
export async function readForcing(record: RouteRecord, headers: Headers, passes: Passes): Promise<Forcing> {
  const header = headers.get(VARIANT_HEADER);
  if (header !== null) {
    const pass = await passFor(record, header, passes);
    return pass ? { kind: "forced", pass } : { kind: "refused" };
  }
  const cookie = previewCookie(headers);
  const pass = cookie === null ? null : await passFor(record, cookie, passes);
  return pass?.kind === "preview" ? { kind: "forced", pass } : NONE;
}

export function hasPreviewCookie(headers: Headers): boolean {
  return headers.get("cookie")?.includes(`${COOKIE}=`) ?? false;
}

export function isForcedByHeader(headers: Headers): boolean {
  return headers.has(VARIANT_HEADER);
}

/** A path as `readPath` gives it. */
export function isPreviewPath(path: string): boolean {
  return path === VARIANT_PATH || path === LEAVE_PATH;
}

const LEAVE_PATH = `${VARIANT_PATH}/leave`;

/** @returns the Set-Cookie value with which the visitor goes on to the app; null when the link is worth nothing (any more) */
export async function followPreviewLink(
  record: RouteRecord,
  path: string,
  { url }: Pick<Visit, "url">,
  passes: Passes,
  now: number,
): Promise<string | null> {
  if (path === LEAVE_PATH) return REMOVED_PREVIEW_COOKIE;
  const text = url.searchParams.get("pass");
  const pass = text === null ? null : await passFor(record, text, passes);
  if (pass?.kind !== "preview") return null;
  return `${COOKIE}=${text}; Max-Age=${Math.ceil((pass.expiresAt - now) / 1_000)}; ${COOKIE_RULES}`;
}

function previewCookie(headers: Headers): string | null {
  return COOKIE_VALUE.exec(headers.get("cookie") ?? "")?.[1] ?? null;
}

/** Bound to its project and rollout: elsewhere, and afterwards, it is no pass. */
async function passFor(record: RouteRecord, text: string, passes: Passes): Promise<VariantPass | null> {
  if (!record.canary) return null;
  const pass = await passes.read(text);
  return pass?.project === record.project && pass.rollout === record.canary.salt ? pass : null;
}
