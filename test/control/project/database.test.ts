import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

const server = createTestHarness({ workers: [{ configPath: "test/fixtures/workers/transactions.wrangler.toml" }] });

beforeAll(async () => {
  await server.listen();
}, 60_000);
afterAll(() => server.close());

async function run(how: string): Promise<{ error: string | null; rows: number }> {
  return (await (await server.fetch(`/${how}`)).json()) as { error: string | null; rows: number };
}

describe("a transaction of the Project object, in workerd", () => {
  it("keeps both halves of a change", async () => {
    expect(await run("returns")).toEqual({ error: null, rows: 2 });
  });

  it("that throws leaves nothing", async () => {
    expect(await run("throws")).toEqual({ error: "Error: in the middle", rows: 0 });
  });

  it("that awaits is refused and leaves nothing", async () => {
    expect(await run("async")).toEqual({ error: "Error: a transaction must not await", rows: 0 });
  });
});
