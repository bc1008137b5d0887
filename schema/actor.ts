import type { PlatformActor } from "./platform-actor.ts";

/**
 * A token that acts, under the name that it has at that moment: for people, as names are free and not unique. Its id says which one it
 * was; null where it was not kept, as in rows of before there was a place for it.
 */
export type TokenActor = { readonly token: string | null; readonly name: string };

/** Who did something. What a token is called never makes it the platform. */
export type Actor = PlatformActor | TokenActor;

export function nameOf(actor: Actor): string {
  return typeof actor === "string" ? actor : actor.name;
}

/** Null for the platform. */
export function tokenOf(actor: Actor): string | null {
  return typeof actor === "string" ? null : actor.token;
}
