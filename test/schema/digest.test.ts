import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Digest, sha256, shortSha, toDigest } from "../../schema/digest.ts";
import { EMPTY_ENV } from "../../schema/env-snapshot.ts";

describe("a digest", () => {
  it("is the sha256 of text as UTF-8, or of bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        const expected = createHash("sha256").update(text, "utf8").digest("hex");
        expect(await sha256(text)).toBe(expected);
        expect(await sha256(new TextEncoder().encode(text).buffer as ArrayBuffer)).toBe(expected);
        expect(Digest.parse(expected)).toBe(expected);
      }),
    );
  });

  it("of nothing is the well-known one", async () => {
    expect(await sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  it("keeps the leading zeros of each byte", () => {
    expect(toDigest(new Uint8Array([0, 1, 15, 16, 255]))).toBe("00010f10ff");
  });

  it.each(["", "a".repeat(63), "a".repeat(65), "A".repeat(64), "g".repeat(64), `${"a".repeat(64)}\n`])(
    "can not be %j",
    (text) => {
      expect(Digest.safeParse(text).success).toBe(false);
    },
  );

  it("is shown to people by its first 12 digits", async () => {
    expect(shortSha(await sha256(""))).toBe("e3b0c44298fc");
  });

  it("of an environment without variables stays the same", async () => {
    expect(EMPTY_ENV).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });
});
