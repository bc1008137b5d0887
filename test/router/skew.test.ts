import fc from "fast-check";
import types from "mime/types/standard.js";
import { describe, expect, it } from "vitest";
import { fingerprintedPaths } from "../../builder/fingerprint.ts";
import { createMisses, mayBeFingerprinted } from "../../router/skew.ts";
import { Channel } from "../../schema/hostname.ts";
import { arm, ENV_DIGEST, OTHER_PROJECT, routeRecord } from "../support/routes.ts";

describe("a name that may be fingerprinted", () => {
  it.each([
    "wp-login.php",
    ".env",
    "x.xml",
    "robots.txt",
    "logo.png",
    "background.png",
    "index-D64VDMd1.html",
    "index-D64VDMd1/page",
    "a-12345678.js/x.js",
    "assets/index-D64VDMd1",
  ])("is not %s", (path) => {
    expect(mayBeFingerprinted(path, false)).toBe(false);
  });

  it("is never that of a page that a person asks for", () => {
    expect(mayBeFingerprinted("assets/app-B1c2D3e4.js", true)).toBe(false);
  });

  it("is every name that the builder marks", () => {
    const hash = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_-]{8}$/),
      fc.stringMatching(/^[0-9a-f]{8,64}$/),
      fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/),
    );
    const extension = fc.constantFrom("mjs", "cjs", ...Object.values(types).flat());
    const name = fc
      .tuple(
        fc.constantFrom("", "assets/", "a-b.c/"),
        fc.constantFrom("", "app-", "app.", "app_", "a b-", "ü."),
        hash,
        fc.constantFrom("", ".chunk", ".bundle", ".min", ".worker", ".other"),
        extension,
        fc.constantFrom("", ".map"),
        fc.constantFrom("", ".br", ".gz", ".zst"),
      )
      .map(
        ([folder, stem, hash, role, extension, map, packed]) =>
          `${folder}${stem}${hash}${role}.${extension}${map}${packed}`,
      );
    let marked = 0;
    fc.assert(
      fc.property(name, fc.boolean(), (path, speaks) => {
        // Beside a file that is certainly hashed, names that could be words are marked too.
        const folder = path.slice(0, path.lastIndexOf("/") + 1);
        const paths = speaks ? [path, `${folder}other-D64VDMd1.js`] : [path];
        const found = fingerprintedPaths(paths.map((path) => ({ path, inSource: false })));
        marked += found.size;
        for (const path of found) expect(mayBeFingerprinted(path, false), path).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(marked).toBeGreaterThan(100);
    for (const extension of new Set(Object.values(types).flat())) {
      const path = `app-D64VDMd1.${extension}`;
      if (fingerprintedPaths([{ path, inSource: false }]).has(path)) expect(mayBeFingerprinted(path, false)).toBe(true);
    }
  });

  it("takes no longer than its length, however hostile", () => {
    const startedAt = performance.now();
    for (const part of ["-", "a-", "aaaaaaaa.", "0123456789abcdef"]) mayBeFingerprinted(part.repeat(100_000), false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe("a miss", () => {
  const record = routeRecord({ live: arm(ENV_DIGEST), rev: 7 });

  it("is remembered for that path of that record only", () => {
    const misses = createMisses();
    misses.add(record, "a.js");
    expect(misses.has(record, "a.js")).toBe(true);
    expect(misses.has({ ...record }, "a.js")).toBe(true);
    expect(misses.has(record, "b.js")).toBe(false);
    expect(misses.has({ ...record, rev: 8 }, "a.js")).toBe(false);
    expect(misses.has({ ...record, project: OTHER_PROJECT }, "a.js")).toBe(false);
    expect(misses.has({ ...record, channel: Channel.parse("pr-7") }, "a.js")).toBe(false);
  });

  it("is forgotten when too many others come after it", () => {
    const misses = createMisses();
    misses.add(record, "a.js");
    for (let n = 0; n < 600; n++) misses.add(record, `${n}${"x".repeat(1_000)}`);
    expect(misses.has(record, "a.js")).toBe(false);
    expect(misses.has(record, `599${"x".repeat(1_000)}`)).toBe(true);
  });
});
