/** A small part of `npm run bench -- fuzz`, which sends a hundred thousand. */
import { expect, it } from "vitest";
import { runFuzzer } from "../support/fuzz/campaign.ts";

it("answers whatever it is asked as the slow reference does", async () => {
  const outcome = await runFuzzer(1, 4_000);
  expect(outcome.examples).toEqual([]);
  expect(outcome).toMatchObject({ requests: 4_000, misroutes: 0, crashes: 0, foreignKeys: 0 });
  // Requests of all kinds got through to where they are decided.
  for (const status of [200, 206, 301, 302, 304, 307, 400, 404, 405, 416])
    expect(outcome.statuses[status]).toBeGreaterThan(0);
}, 30_000);
