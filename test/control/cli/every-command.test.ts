/** The exit codes that scripts rely on, for every command but those of a deploy and its flips (exit-codes.test.ts). */
import { describe, expect, it } from "vitest";
import { webhookIdFrom } from "../../../schema/ids.ts";
import { BOOTSTRAP_SECRET } from "./fake-api.ts";
import { startWithShop } from "./start-with-shop.ts";

const WEBHOOK = webhookIdFrom("01960000-0000-7000-8000-000000000000");
const DELIVERY = "msg_01960000-0000-7000-8000-000000000000";
const DEPLOYMENT = "dpl_01960000-0000-7000-8000-000000000000";

const COMMANDS = [
  `cancel ${DEPLOYMENT}`,
  `retry ${DEPLOYMENT}`,
  `pin ${DEPLOYMENT}`,
  `unpin ${DEPLOYMENT}`,
  "channels",
  "channels delete pr-7",
  "releases",
  "projects",
  "projects show shop",
  "projects rename shop Shop",
  "projects set shop retention.days=7",
  "projects delete shop --confirm shop",
  "projects restore shop",
  "env",
  "env set A=1",
  "env rm A",
  "env pull",
  "env reseal",
  "events",
  "events --verify",
  "rollout",
  "rollout list",
  "rollout pause",
  "rollout resume",
  "rollout advance",
  "rollout abort",
  "rollout complete",
  "rollout preview",
  "rollout explain",
  "gc",
  "gc --plan",
  "webhooks",
  "webhooks create https://example.com/in",
  `webhooks update ${WEBHOOK} --disable`,
  `webhooks delete ${WEBHOOK}`,
  `webhooks rotate ${WEBHOOK}`,
  `webhooks deliveries ${WEBHOOK}`,
  `webhooks redeliver ${WEBHOOK} ${DELIVERY}`,
  "tokens",
  "tokens create --name CI --scope read",
  "tokens revoke 0000000000000000",
  "tokens events",
  "tokens events --verify",
  "whoami",
  "bootstrap --name ops",
];

const ENV = { ATELIER_RETRY_SECONDS: "0", ATELIER_BOOTSTRAP_SECRET: BOOTSTRAP_SECRET };

describe.concurrent("every command", () => {
  it.each(COMMANDS)("%s ends with 1 when refused, 3 without rights, 4 without an answer", async (line) => {
    const { api, run, cwd } = await startWithShop();
    const args = line.split(" ");
    const ends = [];
    for (const bend of [{ problem: "limit_reached" }, { problem: "scope_missing" }, "drop"] as const) {
      api.onRequest = () => bend;
      ends.push(await run(args, { cwd, env: ENV }));
    }
    expect(ends.map(({ code }) => code)).toEqual([1, 3, 4]);
    expect(ends.map(({ stdout }) => stdout)).toEqual(["", "", ""]);
    expect(ends[0]?.stderr).toMatch(/error: .*\(limit_reached\)/);
    expect(ends[1]?.stderr).toMatch(/error: .*Check ATELIER_TOKEN or --token\. \(scope_missing\)/);
    expect(ends[2]?.stderr).toMatch(/error: .*gives no answer/);
  });
});

describe.concurrent("commands of commands", () => {
  it.each(["projects", "channels", "rollout", "env", "webhooks", "tokens"])(
    "%s names what there is when one is misspelt",
    async (group) => {
      const { api, run, cwd } = await startWithShop();
      const { code, stderr } = await run([group, "crate", "--name", "x"], { cwd });
      expect({ code, seen: api.seen }).toEqual({ code: 2, seen: [] });
      expect(stderr).toMatch(new RegExp(`unknown command '${group} crate'\\. There are: list, `));
    },
  );
});
