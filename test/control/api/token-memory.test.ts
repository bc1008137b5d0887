import { describe, expect, it } from "vitest";
import type { Caller } from "../../../control/api/context.ts";
import { createTokenMemory, KEEP_MS } from "../../../control/api/token-memory.ts";
import { createUseNotes, startOfMinute } from "../../../control/api/token-use.ts";
import type { Directory } from "../../../control/directory/directory.ts";
import { sha256 } from "../../../schema/digest.ts";

const hash = await sha256("secret");
function known(token = "a") {
  return { hash, caller: { token, name: token, scopes: ["read"], projects: null, expiresAt: null } satisfies Caller };
}

describe("the memory of tokens", () => {
  it("counts from the moment at which the directory was asked", () => {
    const memory = createTokenMemory();
    memory.remember(known(), 1_000);
    expect(memory.find("a", 1_000 + KEEP_MS - 1)).toEqual({ known: known(), isFresh: true });
    expect(memory.find("a", 1_000 + KEEP_MS)).toEqual({ known: known(), isFresh: false });
    expect(KEEP_MS).toBeLessThanOrEqual(5_000);
  });

  it("forgets at once, and an older answer of the directory does not bring it back", () => {
    const memory = createTokenMemory();
    memory.remember(known(), 0);
    memory.forget("a", 100);
    memory.remember(known(), 50);
    expect(memory.find("a", 101)).toEqual({ known: null, isFresh: false });
  });

  it("is bounded, and keeps the newest", () => {
    const memory = createTokenMemory();
    for (let token = 0; token < 5_000; token++) memory.remember(known(String(token)), 0);
    expect(["0", "2999"].map((token) => memory.find(token, 1).known)).toEqual([null, null]);
    expect(memory.find("3000", 1)).toEqual({ known: known("3000"), isFresh: true });
  });
});

describe("notes of use", () => {
  const written: string[] = [];
  const directory = {
    tokens: { noteUse: async (token: string, at: string) => void written.push(`${token} ${at}`) },
  } as unknown as Directory;
  const minute = Date.parse("2026-11-23T10:20:00Z");

  it("are written once a minute for each token, with the minute", async () => {
    const note = createUseNotes();
    for (const [token, at] of [
      ["a", minute + 1],
      ["a", minute + 59_999],
      ["b", minute + 59_999],
      ["a", minute + 60_000],
    ] as const) {
      await note(directory, token, at);
    }
    expect(written).toEqual(["a 2026-11-23T10:20:00.000Z", "b 2026-11-23T10:20:00.000Z", "a 2026-11-23T10:21:00.000Z"]);
    expect(startOfMinute(minute + 59_999)).toBe("2026-11-23T10:20:00.000Z");
  });

  it("never fail", async () => {
    const broken = { tokens: { noteUse: () => Promise.reject(new Error("D1 is away")) } } as unknown as Directory;
    await expect(createUseNotes()(broken, "a", minute)).resolves.toBeUndefined();
  });
});
