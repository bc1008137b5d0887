import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type EnvKey, open, parseKeyRing, seal } from "../../control/env-keys.ts";

const key = (id: string): EnvKey => ({ id, secret: randomBytes(32) });
const OLD = key("old");
const NEW = key("new");

describe("the key ring", () => {
  const base64 = randomBytes(32).toString("base64");

  it("has the newest key first", () => {
    const ring = parseKeyRing(`k2:${base64}, k1:${randomBytes(32).toString("base64")},`);
    expect(ring.ok && ring.value.map(({ id, secret }) => [id, secret.length])).toEqual([
      ["k2", 32],
      ["k1", 32],
    ]);
    expect(parseKeyRing("")).toEqual({ ok: true, value: [] });
  });

  it.each([
    base64,
    `:${base64}`,
    `K1:${base64}`,
    `k1:${randomBytes(16).toString("base64")}`,
    `k1:${randomBytes(33).toString("base64")}`,
    "k1:secret",
    `k1:${base64},k1:${base64}`,
  ])("refuses %s without repeating it", (text) => {
    const ring = parseKeyRing(text);
    expect(ring.ok).toBe(false);
    expect(JSON.stringify(ring)).not.toContain(base64);
  });
});

describe("a sealed value", () => {
  it.each(["", "s3cr3t", "ünïcødé 🚀\n", "x".repeat(32 * 1024)])(
    "opens with its key, for what it belongs to",
    (text) => {
      const sealed = seal(NEW, text, "here");
      expect(sealed.key).toBe("new");
      expect(open([OLD, NEW], sealed, "here")).toBe(text);
    },
  );

  it("never looks the same twice, and does not show its text", () => {
    const boxes = Array.from({ length: 50 }, () => seal(NEW, "the same text", "here").box);
    expect(new Set(boxes).size).toBe(50);
    expect(Buffer.from(boxes[0] ?? "", "base64").includes("same")).toBe(false);
  });

  it("does not open elsewhere, with another key, without its key, or when a bit was changed", () => {
    const sealed = seal(NEW, "the text", "here");
    expect(open([NEW], sealed, "there")).toBeNull();
    expect(open([{ id: "new", secret: OLD.secret }], sealed, "here")).toBeNull();
    expect(open([OLD], sealed, "here")).toBeNull();
    const bytes = Buffer.from(sealed.box, "base64");
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(open([NEW], { key: "new", box: changed.toString("base64") }, "here")).toBeNull();
    }
  });
});
