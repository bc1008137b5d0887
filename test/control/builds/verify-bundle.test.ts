import { describe, expect, it } from "vitest";
import { VERIFY_BATCH, type VerifyPorts, verifyBundle } from "../../../control/builds/verify-bundle.ts";
import type { Digest } from "../../../schema/digest.ts";
import { buildSha, encodeManifest, type Manifest } from "../../../schema/manifest.ts";
import { RelativePath } from "../../../schema/relative-path.ts";
import { digest } from "../../support/samples.ts";

function manifestOf(count: number): Manifest {
  const files = Array.from({ length: count }, (_, index) => ({
    path: RelativePath.parse(`f${index}.txt`),
    size: index,
    sha256: digest(`file ${index}`),
    type: "text/plain",
    fingerprinted: false,
  }));
  return { version: 1, source: digest("source"), env: digest("{}"), files };
}

/** Storage that has everything, and a project that knows nothing yet. */
function storage(manifest: Manifest, change: Partial<VerifyPorts> = {}) {
  const known = new Set<Digest>();
  const sizes = new Map(manifest.files.map((file) => [file.sha256, file.size]));
  const ports: VerifyPorts = {
    readManifest: async () => encodeManifest(manifest),
    blobSize: async (sha) => sizes.get(sha) ?? null,
    unknownBlobs: async (shas) => shas.filter((sha) => !known.has(sha)),
    vouch: async (blobs) => {
      for (const { sha } of blobs) known.add(sha);
    },
    ...change,
  };
  return { ports, known };
}

describe("verifyBundle", () => {
  it("vouches for every blob of a whole bundle", async () => {
    const manifest = manifestOf(3);
    const { ports, known } = storage(manifest);
    expect(await verifyBundle(await buildSha(encodeManifest(manifest)), ports)).toEqual({ kind: "whole" });
    expect(known.size).toBe(3);
  });

  it("looks only at blobs that nothing vouches for", async () => {
    const manifest = manifestOf(3);
    const { ports } = storage(manifest, {
      unknownBlobs: async () => [],
      blobSize: () => Promise.reject(new Error("looked")),
    });
    expect(await verifyBundle(await buildSha(encodeManifest(manifest)), ports)).toEqual({ kind: "whole" });
  });

  it("goes on in batches", async () => {
    const manifest = manifestOf(VERIFY_BATCH + 1);
    const build = await buildSha(encodeManifest(manifest));
    const { ports, known } = storage(manifest);
    expect(await verifyBundle(build, ports)).toEqual({ kind: "more" });
    expect(known.size).toBe(VERIFY_BATCH);
    expect(await verifyBundle(build, ports)).toEqual({ kind: "whole" });
  });

  it.each([
    ["a missing manifest", { readManifest: async () => null }],
    ["a manifest with other bytes", { readManifest: async () => encodeManifest(manifestOf(2)) }],
    ["a missing blob", { blobSize: async () => null }],
    ["a cut blob", { blobSize: async () => 1_000 }],
  ] satisfies [string, Partial<VerifyPorts>][])("finds %s, and vouches for nothing", async (_, change) => {
    const manifest = manifestOf(3);
    const { ports, known } = storage(manifest, change);
    const verdict = await verifyBundle(await buildSha(encodeManifest(manifest)), ports);
    expect(verdict.kind).toBe("broken");
    expect(known.size).toBe(0);
  });
});
