import type { Digest } from "../../schema/digest.ts";
import { blobsOf, buildSha, parseManifest } from "../../schema/manifest.ts";

export type VerifyPorts = {
  readManifest(build: Digest): Promise<string | null>;
  /** In bytes; null when it is not stored. */
  blobSize(sha: Digest): Promise<number | null>;
  /** Those that nothing vouches for yet. */
  unknownBlobs(shas: Digest[]): Promise<Digest[]>;
  vouch(blobs: { sha: Digest; size: number }[]): Promise<void>;
};

export type Verdict =
  | { readonly kind: "whole" }
  /** A batch was verified and vouched for; call again. */
  | { readonly kind: "more" }
  | { readonly kind: "broken"; readonly detail: string };

/** A Worker has 10 000 subrequests an invocation; one batch stays far below, whatever else the invocation does. */
export const VERIFY_BATCH = 2_000;
const PARALLEL = 50;

/**
 * Whether a stored bundle is whole: its manifest has the build SHA, and every blob is stored with its size. Bytes were
 * checked against their hash when they were put (the signature covers the payload's hash), so sizes are enough here.
 */
export async function verifyBundle(build: Digest, ports: VerifyPorts): Promise<Verdict> {
  const text = await ports.readManifest(build);
  if (text === null) return { kind: "broken", detail: "The manifest is not in storage." };
  if ((await buildSha(text)) !== build)
    return { kind: "broken", detail: "The stored manifest does not have its build SHA." };
  const sizes = new Map(blobsOf(parseManifest(text)).map(({ sha256, size }) => [sha256, size]));
  const unknown = await ports.unknownBlobs([...sizes.keys()]);
  const batch = unknown.slice(0, VERIFY_BATCH);
  const stored: { sha: Digest; size: number }[] = [];
  for (let start = 0; start < batch.length; start += PARALLEL) {
    const part = batch.slice(start, start + PARALLEL);
    const found = await Promise.all(part.map((sha) => ports.blobSize(sha)));
    for (const [index, sha] of part.entries()) {
      const size = sizes.get(sha) ?? -1;
      if (found[index] !== size) {
        return { kind: "broken", detail: `Blob ${sha} has ${found[index] ?? "no"} bytes in storage, not ${size}.` };
      }
      stored.push({ sha, size });
    }
  }
  if (stored.length > 0) await ports.vouch(stored);
  return unknown.length > batch.length ? { kind: "more" } : { kind: "whole" };
}
