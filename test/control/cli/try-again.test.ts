/** An API that has no time now: it is asked again when it says, as long as the patience lasts. */
import { describe, expect, it } from "vitest";
import { readRefusal } from "../../../control/cli/refusal.ts";
import { createProblem } from "../../../schema/contracts/problem.ts";
import type { Bend, Seen } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { startCliWithApi } from "./run-cli.ts";

const isCreate = ({ method, path }: Seen) => method === "POST" && path === "/projects";

async function createShop(bends: readonly (Bend | undefined)[], patience: string) {
  const { api, run } = await startCliWithApi();
  const times: number[] = [];
  api.onRequest = (seen, nth) => {
    if (!isCreate(seen)) return undefined;
    times.push(Date.now());
    return bends[nth - 1];
  };
  const result = await run(["projects", "create", "shop"], {
    cwd: await makeFolder(),
    env: { ATELIER_RETRY_SECONDS: patience },
  });
  const keys = api.seen.filter(isCreate).map(({ headers }) => headers["idempotency-key"]);
  return { ...result, times, keys };
}

describe.concurrent("too many requests, and storage that is being cleaned", () => {
  it.each(["rate_limited", "storage_busy"] as const)("%s is waited for as long as it says", async (problem) => {
    const { code, stderr, times, keys } = await createShop([{ problem, headers: { "retry-after": "1" } }], "20");
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`\\(${problem}\\) Trying again in 1\\.0s\\.`));
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThanOrEqual(990);
    expect(new Set(keys).size).toBe(1);
  });

  it.each(["rate_limited", "storage_busy"] as const)(
    "%s for longer than the patience is a refusal at once: nothing was done",
    async (problem) => {
      const { code, stdout, stderr, times } = await createShop([{ problem, headers: { "retry-after": "60" } }], "20");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(`(${problem})`);
      expect(times).toHaveLength(1);
    },
  );

  it("do not hide that an answer before was lost: then what happened is not known", async () => {
    const busy: Bend = { problem: "rate_limited", headers: { "retry-after": "60" } };
    const { code, stderr } = await createShop(["lose", busy], "20");
    expect(code).toBe(4);
    expect(stderr).toMatch(/gives no answer/);
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  const body = JSON.stringify(createProblem("rate_limited", "Slower"));

  it.each([
    ["seconds", "7", 7_000],
    ["a date", "Mon, 23 Nov 2026 12:00:05 GMT", 5_000],
    ["a date that has passed", "Mon, 23 Nov 2026 11:00:00 GMT", 0],
    ["nonsense", "soon", 0],
    ["nothing", undefined, 0],
  ])("may be %s", (_, header, expected) => {
    expect(readRefusal(429, { "retry-after": header }, body, now).afterMs).toBe(expected);
  });

  it("means nothing on an answer that stays the same", () => {
    expect(readRefusal(404, { "retry-after": "7" }, "", now).afterMs).toBeNull();
  });

  it("a 429 of something in between is a refusal too", () => {
    expect(readRefusal(429, {}, "<h1>Slow down</h1>", now)).toMatchObject({ failure: { kind: "failed" }, afterMs: 0 });
    expect(readRefusal(503, {}, "<h1>Down</h1>", now)).toMatchObject({ failure: { kind: "unknown" }, afterMs: 0 });
  });
});
