/**
 * Who visits, as far as a rollout needs it: an id that parallel first requests agree on and that clients without cookies
 * keep. It comes from facts about the client, keyed with a secret so that nobody can compute it back to an address, and with
 * the project, so that nobody is followed from one app to another. A cookie holds it when those facts change; it is signed,
 * or anybody could choose the id, and with it the side, that he wants. Needed only while a canary is active.
 */

import { networkOf } from "../schema/client-network.ts";
import { toDigest } from "../schema/digest.ts";
import type { ProjectId, RolloutId } from "../schema/ids.ts";
import { createBoundedMap } from "./bounded-map.ts";
import type { Soon } from "./ports.ts";

export interface Visitor {
  /** 32 hex digits. */
  readonly id: string;
  readonly hasCookie: boolean;
}

export interface Visitors {
  identify(project: ProjectId, headers: Headers): Soon<Visitor>;
  /** The Set-Cookie value that keeps this id. */
  cookieFor(project: ProjectId, visitor: Visitor): Promise<string>;
  /** The client's network within one rollout, as an unsigned 32-bit hash that is worth nothing in another. */
  networkHash(rollout: RolloutId, headers: Headers): Promise<number>;
}

/** `__Host-`: no app can set it for another host, and browsers keep it only over HTTPS (or loopback) with `Path=/`. */
const COOKIE = "__Host-atelier-visitor";
const COOKIE_VALUE = new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f]{32})\\.([0-9a-f]{32})(?:;|$)`);
/** Longer than nearly every rollout. The first page after it removes the cookie. */
const COOKIE_MAX_AGE_SECONDS = 7 * 24 * 60 * 60;
const COOKIE_RULES = "Path=/; Secure; HttpOnly; SameSite=Lax";
const ID_BYTES = 16;
/** Cookies whose signature was found good: 2 MB. */
const MAX_VERIFIED = 10_000;

export function createVisitors(secret: string): Visitors {
  let key: Awaited<ReturnType<typeof crypto.subtle.importKey>> | undefined;
  const verified = createBoundedMap<true>(MAX_VERIFIED);

  return {
    identify(project, headers) {
      const [, id, mac] = COOKIE_VALUE.exec(headers.get("cookie") ?? "") ?? [];
      if (id === undefined || mac === undefined) return fromFacts(project, headers);
      if (verified.get(`${project} ${id} ${mac}`)) return { id, hasCookie: true };
      return fromCookie(project, id, mac, headers);
    },
    async cookieFor(project, { id }) {
      const mac = await keyed(`cookie\n${project}\n${id}`);
      return `${COOKIE}=${id}.${mac}; Max-Age=${COOKIE_MAX_AGE_SECONDS}; ${COOKIE_RULES}`;
    },
    async networkHash(rollout, headers) {
      const mac = await keyed(`network\n${rollout}\n${evidenceNetwork(headers)}`);
      return Number.parseInt(mac.slice(0, 8), 16);
    },
  };

  async function fromCookie(project: ProjectId, id: string, mac: string, headers: Headers): Promise<Visitor> {
    if ((await keyed(`cookie\n${project}\n${id}`)) !== mac) return fromFacts(project, headers);
    verified.set(`${project} ${id} ${mac}`, true);
    return { id, hasCookie: true };
  }

  async function fromFacts(project: ProjectId, headers: Headers): Promise<Visitor> {
    return { id: await keyed(`facts\n${project}\n${clientFacts(headers)}`), hasCookie: false };
  }

  /** @returns 32 hex digits */
  async function keyed(text: string): Promise<string> {
    // The key is kept, not a promise of it: a promise of one request must not be awaited by another without a timer.
    key ??= await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
    return toDigest(new Uint8Array(mac, 0, ID_BYTES));
  }
}

/** The Set-Cookie value that removes it. */
export const REMOVED_VISITOR_COOKIE = `${COOKIE}=; Max-Age=0; ${COOKIE_RULES}`;

export function hasVisitorCookie(headers: Headers): boolean {
  return headers.get("cookie")?.includes(`${COOKIE}=`) ?? false;
}

function clientFacts(headers: Headers): string {
  return [addressNetwork(headers), headers.get("user-agent") ?? "", headers.get("accept-language") ?? ""].join("\n");
}

function addressNetwork(headers: Headers): string {
  return networkOf(headers.get("cf-connecting-ip") ?? "");
}

/** Wider than a visitor's: whoever has one IPv6 network of 64 bits mostly has the 65 536 of a /48. */
function evidenceNetwork(headers: Headers): string {
  return addressNetwork(headers).split(":").slice(0, 3).join(":");
}
