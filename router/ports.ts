/** What a request needs from outside, in the router's words. No Cloudflare type appears here. */
import type { RouteAnswer } from "../schema/contracts/route-lookup.ts";
import type { Digest } from "../schema/digest.ts";
import type { Channel, Hostname } from "../schema/hostname.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { BlobRef } from "../schema/manifest.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import type { ManifestIndex } from "./manifest-index.ts";

/** A value that is in memory, or one that is on its way. The hot path only ever meets the former. */
export type Soon<T> = T | Promise<T>;

export interface Clock {
  /** Milliseconds since 1970. In workerd it stands still while a request does no I/O. */
  now(): number;
  /** Calls back once, after `ms`. @returns what calls it off */
  startTimer(ms: number, onTime: () => void): () => void;
}

/** Lets work outlive the response of the request that started it. */
export type KeepAlive = (work: Promise<unknown>) => void;

/** Notes a failure that a fallback hides from the visitor. Facts are for the log, never for a page. */
export type Report = (event: string, facts: Readonly<Record<string, string>>, cause: unknown) => void;

export type HostOwner =
  | { readonly kind: "project"; readonly project: ProjectId }
  | { readonly kind: "unknown" }
  /** Nobody could be asked, so neither answer would be honest. */
  | { readonly kind: "unverified" };

/** Host names that exist, and whose they are. */
export interface HostDirectory {
  find(hostname: Hostname): Soon<HostOwner>;
  /** Its project has said that it does not own the name. */
  forget(hostname: Hostname): void;
}

export interface RouteAsk {
  readonly project: ProjectId;
  readonly channel: Channel;
  /** The requested name: its project confirms that it owns it. */
  readonly hostname: Hostname;
  /** Copies below this rev are read past, once. 0: any will do. */
  readonly minRev: number;
}

/** Where an answer came from: this isolate, the object, KV, or this isolate although it was due for a check. */
export type RouteOrigin = "memo" | "object" | "copy" | "stale";

export interface RouteFinding {
  /** `null`: nobody could be asked and nothing is remembered. */
  readonly answer: RouteAnswer | null;
  readonly origin: RouteOrigin;
}

/** Which builds a host serves. */
export interface HostRegistry {
  lookup(ask: RouteAsk): Soon<RouteFinding>;
  /** The remembered record, whatever its age; null also when it is below the wished-for rev. Never waits. */
  atHand(ask: RouteAsk): RouteRecord | null;
  /**
   * The copy of the record, whatever its age, for a name of which nothing is remembered. It does not confirm the name, so
   * nothing is remembered of it either. Null when it can not be had or is below the wished-for rev. Never rejects.
   */
  readCopy(ask: RouteAsk): Promise<RouteRecord | null>;
}

export type Read<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "missing" }
  /** Stored bytes that are not what their name says. */
  | { readonly kind: "damaged" };

/** In bytes. */
export interface BytePart {
  readonly offset: number;
  readonly length: number;
}

/** Immutable bytes of a project. Throws when the storage can not be read. */
export interface BundleStore {
  manifest(project: ProjectId, build: Digest): Soon<Read<ManifestIndex>>;
  /** Only what is in memory. Never waits. */
  manifestAtHand(project: ProjectId, build: Digest): ManifestIndex | null;
  /** @param part within the blob's size; without it the whole */
  blob(project: ProjectId, blob: BlobRef, part?: BytePart): Soon<Read<Uint8Array<ArrayBuffer> | ReadableStream>>;
}
