/** Blobs travel in batches, each one multipart request: a part per blob, named by the sha256 of its bytes. */
import { randomBytes } from "node:crypto";
import type { Digest } from "../../schema/digest.ts";
import { MAX_BLOB_BATCH_COUNT } from "../../schema/limits.ts";

export type EncodedBatch = { readonly contentType: string; readonly body: readonly Uint8Array[] };

/**
 * Far below what the API takes (MAX_BLOB_BATCH_BYTES): the Worker that takes a batch holds its form and a copy of it, in
 * 128 MB that it shares with other uploads. A larger file goes alone; the largest, of 25 MiB, still keeps to the API's limit.
 */
const BATCH_BYTES = 8 * 1024 * 1024;
/** A bound on what the framing adds to a blob, so that the request as a whole keeps to the limit. */
const PART_OVERHEAD_BYTES = 512;

/** Splits blobs, in their order, into batches of one upload request each. */
export function planBatches<T extends { readonly size: number }>(blobs: readonly T[]): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    const added = blob.size + PART_OVERHEAD_BYTES;
    if (batch.length === MAX_BLOB_BATCH_COUNT || (batch.length > 0 && bytes + added > BATCH_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(blob);
    bytes += added;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Written by hand, so that the length is known before sending and no byte is copied. A file name makes each part a file. */
export function encodeBatch(blobs: readonly { readonly sha256: Digest; readonly bytes: Uint8Array }[]): EncodedBatch {
  const boundary = `atelier-${randomBytes(16).toString("hex")}`;
  const encoder = new TextEncoder();
  const body = blobs.flatMap(({ sha256, bytes }, index) => [
    encoder.encode(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Disposition: form-data; name="${sha256}"; filename="blob"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    bytes,
  ]);
  body.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}
