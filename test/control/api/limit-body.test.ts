import { describe, expect, it } from "vitest";
import {
  hasMoreParts,
  MAX_BLOBS_BYTES,
  MAX_BODY_BYTES,
  MAX_FILE_LIST_BYTES,
  MAX_FILE_LIST_PARTS,
  MAX_VARIABLES_BODY_BYTES,
  maxBytesAt,
} from "../../../control/api/limit-body.ts";
import { MAX_SOURCE_FILES } from "../../../schema/limits.ts";

/** The longest list of files, of paths that are hard to count. */
function fileList(count: number): string {
  const path = (index: number) => `app/[slug]/{a,b}/"${index}\\`;
  const files = Array.from({ length: count }, (_, index) => ({
    path: path(index),
    mode: "file",
    size: index,
    sha256: "a".repeat(64),
  }));
  return JSON.stringify({ files });
}

describe("maxBytesAt", () => {
  it.each([
    ["/v1/projects/shop/blobs", MAX_BLOBS_BYTES],
    ["/v1/projects/shop/sources", MAX_FILE_LIST_BYTES],
    ["/v1/projects/shop/env/preview", MAX_VARIABLES_BODY_BYTES],
    ["/v1/projects/env/deployments", MAX_BODY_BYTES],
    ["/v1/projects/sources/sources", MAX_FILE_LIST_BYTES],
    ["/v1/projects/blobs", MAX_BODY_BYTES],
    ["/v1/projects/sources", MAX_BODY_BYTES],
    ["/v1/projects/sources/deployments", MAX_BODY_BYTES],
    ["/v1/projects/shop/channels/sources", MAX_BODY_BYTES],
  ])("of %s is %i", (path, bytes) => {
    expect(maxBytesAt(path)).toBe(bytes);
  });
});

describe("hasMoreParts", () => {
  it.each([
    ['{"a":[1,2]}', 3],
    ['"[[[,,,{{{"', 0],
    ['["\\"[[[", "\\\\", []]', 4],
    ["[[[[", 4],
  ])("%s has %i", (json, parts) => {
    expect(hasMoreParts(json, parts)).toBe(false);
    expect(parts > 0 && hasMoreParts(json, parts - 1)).toBe(parts > 0);
  });

  it("lets the longest list through, and one that the contract refuses in its own words", () => {
    for (const count of [MAX_SOURCE_FILES, MAX_SOURCE_FILES + 1]) {
      expect(hasMoreParts(fileList(count), MAX_FILE_LIST_PARTS)).toBe(false);
    }
  });

  it("is fast, and stops early, for whatever fits into a request", () => {
    const startedAt = performance.now();
    expect(hasMoreParts("[".repeat(MAX_FILE_LIST_BYTES), MAX_FILE_LIST_PARTS)).toBe(true);
    expect(hasMoreParts(`"${"a".repeat(MAX_FILE_LIST_BYTES)}"`, MAX_FILE_LIST_PARTS)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
