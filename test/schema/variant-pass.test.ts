import { describe, expect, it } from "vitest";
import { projectIdFrom, rolloutIdFrom } from "../../schema/ids.ts";
import { signPass, type VariantPass, verifyPass } from "../../schema/variant-pass.ts";

const KEY = "a key of these tests only";
const NOW = Date.UTC(2026, 10, 23, 12);
const preview: VariantPass = {
  kind: "preview",
  project: projectIdFrom("01960000-0000-7000-8000-000000000001"),
  rollout: rolloutIdFrom("01960000-0000-7000-8000-0000000000f1"),
  variant: "canary",
  expiresAt: NOW + 60_000,
};
const probe: VariantPass = { ...preview, kind: "probe", variant: "live", probe: "p-1_A" };

describe("a variant pass", () => {
  it.each([preview, probe])("says what was signed: $kind", async (pass) => {
    expect(await verifyPass(KEY, await signPass(KEY, pass), NOW)).toEqual({ ok: true, value: pass });
  });

  it("is text that a URL, a header and a cookie can carry as it is", async () => {
    const text = await signPass(KEY, { ...probe, probe: "x".repeat(64), expiresAt: Number.MAX_SAFE_INTEGER });
    expect(text).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(encodeURIComponent(text)).toBe(text);
    expect((await verifyPass(KEY, text, NOW)).ok).toBe(true);
  });

  it("ends when it says", async () => {
    const text = await signPass(KEY, preview);
    expect((await verifyPass(KEY, text, preview.expiresAt - 1)).ok).toBe(true);
    expect(await verifyPass(KEY, text, preview.expiresAt)).toEqual({ ok: false, failure: { reason: "expired" } });
  });

  it("of another key is forged", async () => {
    const text = await signPass("another key of these tests", preview);
    expect(await verifyPass(KEY, text, NOW)).toEqual({ ok: false, failure: { reason: "forged" } });
  });

  it("is worth nothing once anything of it is changed", async () => {
    const text = await signPass(KEY, probe);
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === "a" ? "b" : "a") + text.slice(at + 1);
      expect((await verifyPass(KEY, changed, NOW)).ok, changed).toBe(false);
    }
    for (const [from, to] of [
      ["probe", "preview"],
      ["live", "canary"],
      [String(probe.expiresAt), String(probe.expiresAt + 1)],
    ] as const) {
      expect((await verifyPass(KEY, text.replace(from, to), NOW)).ok, to).toBe(false);
    }
  });

  it.each(["", ".", "v1", "a.b.c", `.${"0".repeat(64)}`, `${"x".repeat(5_000)}.${"0".repeat(64)}`, "\u0000.\n"])(
    "is not %j",
    async (text) => {
      expect((await verifyPass(KEY, text, NOW)).ok).toBe(false);
    },
  );
});
