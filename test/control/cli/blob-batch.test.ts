import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBatch, planBatches } from "../../../control/cli/blob-batch.ts";
import { type Digest, sha256 } from "../../../schema/digest.ts";
import { MAX_BLOB_BATCH_BYTES, MAX_BLOB_BATCH_COUNT, MAX_FILE_BYTES } from "../../../schema/limits.ts";

const MIB = 1024 * 1024;

describe("planBatches", () => {
  it("keeps every batch within both limits, loses nothing and keeps the order", () => {
    const blobs = fc.array(fc.record({ size: fc.oneof(fc.nat(2_000), fc.integer({ min: 0, max: MAX_FILE_BYTES })) }), {
      maxLength: 700,
    });
    fc.assert(
      fc.property(blobs, (list) => {
        const batches = planBatches(list);
        expect(batches.flat()).toEqual(list);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(MAX_BLOB_BATCH_COUNT);
          const bytes = batch.reduce((sum, { size }) => sum + size, 0);
          expect(bytes).toBeLessThanOrEqual(batch.length === 1 ? MAX_FILE_BYTES : 8 * MIB);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["nothing", [], []],
    ["the largest file, which goes alone", [1, MAX_FILE_BYTES, 1, MAX_FILE_BYTES], [1, 1, 1, 1]],
    ["files of 3 MiB, in batches of at most 8", Array.from({ length: 5 }, () => 3 * MIB), [2, 2, 1]],
    ["as many as are allowed, and one more", Array.from({ length: MAX_BLOB_BATCH_COUNT + 1 }, () => 1), [200, 1]],
    ["empty files, which count too", Array.from({ length: 450 }, () => 0), [200, 200, 50]],
  ])("%s", (_, sizes, expected) => {
    expect(planBatches(sizes.map((size) => ({ size }))).map((batch) => batch.length)).toEqual(expected);
  });
});

describe("encodeBatch", () => {
  it("is a form of files named by their hash, byte for byte", async () => {
    const contents = [
      new Uint8Array(),
      new Uint8Array([0, 13, 10, 45, 45, 255]),
      new Uint8Array(Buffer.from("--atelier")),
    ];
    const blobs = await Promise.all(contents.map(async (bytes) => ({ sha256: await sha256(bytes), bytes })));
    const { contentType, body } = encodeBatch(blobs);
    const answer = new Response(new Uint8Array(Buffer.concat(body)), { headers: { "content-type": contentType } });
    const parts = [...(await answer.formData())];
    expect(parts.map(([name]) => name)).toEqual(blobs.map((blob) => blob.sha256));
    for (const [index, [, part]] of parts.entries()) {
      expect(part).toBeInstanceOf(File);
      expect(new Uint8Array(await (part as File).arrayBuffer())).toEqual(contents[index]);
    }
  });

  it.each([
    ["a full batch within 8 MiB", Math.floor((8 * MIB) / MAX_BLOB_BATCH_COUNT), 8 * MIB],
    ["the largest file within what the API takes", MAX_FILE_BYTES, MAX_BLOB_BATCH_BYTES],
  ])("keeps %s, framing included", (_, size, limit) => {
    const sha = "a".repeat(64) as Digest;
    const [batch = []] = planBatches(Array.from({ length: 2 * MAX_BLOB_BATCH_COUNT }, () => ({ size })));
    const { body } = encodeBatch(batch.map(() => ({ sha256: sha, bytes: new Uint8Array(size) })));
    const length = body.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    expect(length).toBeLessThanOrEqual(limit);
    expect(length).toBeGreaterThan(limit * 0.95);
  });
});
