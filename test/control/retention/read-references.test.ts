import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReferences } from "../../../control/retention/read-references.ts";
import type { Digest } from "../../../schema/digest.ts";
import { RelativePath } from "../../../schema/relative-path.ts";
import { encodeSource } from "../../../schema/source.ts";
import { digest } from "../../support/samples.ts";

function streamOf(bytes: Uint8Array, chunkBytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunkBytes));
      at += chunkBytes;
    },
  });
}

async function read(text: string, chunkBytes: number, name?: Digest) {
  const bytes = new TextEncoder().encode(text);
  const found = new Set<Digest>();
  const isWhole = await readReferences(streamOf(bytes, chunkBytes), name ?? digest(text), (blobs) => {
    for (const blob of blobs) found.add(blob);
  });
  return { isWhole, found };
}

describe("readReferences", () => {
  it("finds every blob of a list, wherever the chunks are cut", async () => {
    const path = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
      .filter((text) => RelativePath.safeParse(text).success);
    const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(paths, fc.integer({ min: 1, max: 300 }), async (names, chunkBytes) => {
        const files = names.map((name) => ({
          path: RelativePath.parse(name),
          mode: "file" as const,
          size: 1,
          sha256: digest(name),
        }));
        const { isWhole, found } = await read(encodeSource(files), chunkBytes);
        expect(isWhole).toBe(true);
        expect(found).toEqual(new Set(names.map(digest)));
      }),
      { numRuns: 200 },
    );
  });

  it("does not vouch for bytes of another hash, so that a list cut short is never taken for the whole", async () => {
    const text = JSON.stringify({ version: 1, files: [{ sha256: digest("a") }, { sha256: digest("b") }] });
    expect((await read(text, 50)).isWhole).toBe(true);
    expect((await read(text.slice(0, 100), 50, digest(text))).isWhole).toBe(false);
  });

  it("takes no path for a reference", async () => {
    const text = JSON.stringify({ files: [{ path: `"sha256":"${digest("trap")}"`, sha256: digest("a") }] });
    const { found } = await read(text, 7, createHash("sha256").update(text).digest("hex") as Digest);
    expect(found).toEqual(new Set([digest("a")]));
  });
});
