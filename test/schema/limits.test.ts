/** Limits that two sides or stored data depend on, repeated here: whoever changes one has to mean it. */
import { expect, it } from "vitest";
import { MAX_SLUG_LENGTH } from "../../schema/hostname.ts";
import * as limits from "../../schema/limits.ts";
import { MAX_PATH_BYTES } from "../../schema/relative-path.ts";
import { FULL_WEIGHT_BPS, MAX_RETAINED_BUILDS } from "../../schema/route-record.ts";

it("the limits are what they were", () => {
  expect({ ...limits, MAX_SLUG_LENGTH, MAX_PATH_BYTES, FULL_WEIGHT_BPS, MAX_RETAINED_BUILDS }).toEqual({
    MAX_FILE_BYTES: 26_214_400,
    MAX_BUNDLE_FILES: 100_000,
    MAX_SOURCE_FILES: 20_000,
    MAX_SOURCE_BYTES: 1_073_741_824,
    MAX_BLOB_BATCH_BYTES: 27_262_976,
    MAX_BLOB_BATCH_COUNT: 200,
    MAX_SLUG_LENGTH: 40,
    MAX_PATH_BYTES: 1_024,
    FULL_WEIGHT_BPS: 10_000,
    MAX_RETAINED_BUILDS: 12,
  });
});

it("the largest file fits into an upload request", () => {
  expect(limits.MAX_FILE_BYTES).toBeLessThan(limits.MAX_BLOB_BATCH_BYTES);
});

it("two upload requests at a time, each held as a form and as a copy, fit into the memory of a Worker", () => {
  expect(2 * 2 * limits.MAX_BLOB_BATCH_BYTES).toBeLessThan(128 * 1024 * 1024);
});
