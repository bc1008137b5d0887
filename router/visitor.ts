/**
 * Who visits, as far as a rollout needs it: an id that parallel first requests agree on and that clients without cookies
 * keep. It comes from facts about the client, keyed with a secret so that nobody can compute it back to an address; a
 * cookie holds it when those facts change. Needed only while a canary is active.
 */

import { networkOf } from "../schema/client-network.ts";
import { toDigest } from "../schema/digest.ts";
import type { Soon } from "./ports.ts";

export interface Visitor {
  /** 32 hex digits. */
  readonly id: string;
  readonly hasCookie: boolean;
}

export interface Visitors {
  identify(headers: Headers): Soon<Visitor>;
}

/** `__Host-`: no app can set it for another host, and browsers keep it only over HTTPS (or loopback) with `Path=/`. */
const COOKIE = "__Host-atelier-visitor";
const COOKIE_VALUE = new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f]{32})(?:;|$)`);
/** Longer than nearly every rollout. It goes by itself: a response that deletes it could not be cached. */
const COOKIE_MAX_AGE_SECONDS = 7 * 24 * 60 * 60;
const ID_BYTES = 16;

export function createVisitors(secret: string): Visitors {
  let key: CryptoKey | undefined;

  return {
    identify(headers) {
      const id = COOKIE_VALUE.exec(headers.get("cookie") ?? "")?.[1];
      return id === undefined ? fromFacts(headers) : { id, hasCookie: true };
    },
  };

  async function fromFacts(headers: Headers): Promise<Visitor> {
    // The key is kept, not a promise of it: a promise of one request must not be awaited by another without a timer.
    key ??= await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(clientFacts(headers)));
    return { id: toDigest(new Uint8Array(mac, 0, ID_BYTES)), hasCookie: false };
  }
}

export function visitorCookie(visitor: Visitor): string {
  return `${COOKIE}=${visitor.id}; Max-Age=${COOKIE_MAX_AGE_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

function clientFacts(headers: Headers): string {
  const network = networkOf(headers.get("cf-connecting-ip") ?? "");
  return [network, headers.get("user-agent") ?? "", headers.get("accept-language") ?? ""].join("\n");
}
