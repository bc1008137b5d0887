import * as z from "zod";

/** A sha256 as 64 lower-case hex digits. Names blobs, sources, manifests (build SHAs) and env snapshots. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be a sha256 as 64 lower-case hex digits")
  .brand<"Digest">();
export type Digest = z.infer<typeof Digest>;

export async function sha256(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<Digest> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return toDigest(await crypto.subtle.digest("SHA-256", bytes));
}

/** The hex form of a raw 32-byte hash. */
export function toDigest(raw: ArrayBuffer | Uint8Array): Digest {
  const bytes = raw instanceof Uint8Array ? raw : new Uint8Array(raw);
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex as Digest;
}

/** How a build SHA is shown to people: its first 12 hex digits. */
export function shortSha(digest: Digest): string {
  return digest.slice(0, 12);
}

/** Compares in a time that says nothing about where the two differ: for digests of secrets. */
export function isSameDigest(one: Digest, other: Digest): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}
