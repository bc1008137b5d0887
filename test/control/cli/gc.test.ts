/** `atelier gc`: what would go and why, and a sweep from its start to its end. */
import { describe, expect, it } from "vitest";
import { RetentionPlan } from "../../../schema/contracts/retention.ts";
import { Digest } from "../../../schema/digest.ts";
import { PRODUCTION } from "../../../schema/hostname.ts";
import { deploymentIdFrom } from "../../../schema/ids.ts";
import { startWithShop } from "./start-with-shop.ts";

const SUBJECT = {
  deployment: deploymentIdFrom("01960000-0000-7000-8000-000000000000"),
  channel: PRODUCTION,
  build: Digest.parse("b1".repeat(32)),
  createdAt: "2020-11-23T12:00:00.000Z",
};
const PLAN: RetentionPlan = {
  keep: [{ ...SUBJECT, reasons: ["live", "recent_release"] }],
  collect: [{ ...SUBJECT, build: null, reason: "never_whole" }],
  truncated: false,
};
const RESULT = {
  startedAt: "2026-11-23T12:00:00.000Z",
  endedAt: "2026-11-23T12:00:01.000Z",
  deployments: 2,
  objects: 31,
  bytes: 61_234,
  blocked: null,
};

describe.concurrent("gc --plan", () => {
  it("shows what would go and what stays, and why", async () => {
    const { api, run, cwd } = await startWithShop();
    api.retention.plan = PLAN;
    const { code, stdout, stderr } = await run(["gc", "--plan"], { cwd });
    const [head, first, second] = stdout.split("\n");
    expect(code).toBe(0);
    expect(head).toMatch(/^ +DEPLOYMENT +CHANNEL +BUILD +AGE +WHY$/);
    expect(first).toMatch(new RegExp(`^remove  ${SUBJECT.deployment}  production  - +\\d+d ago  never whole$`));
    expect(second).toMatch(
      new RegExp(`^keep    ${SUBJECT.deployment}  production  b1b1b1b1b1b1  \\d+d ago  live, recent release$`),
    );
    expect(stderr).toContain("1 deployment would go, 1 would stay.");
    expect(api.seen.map(({ method }) => method)).not.toContain("POST");
  });

  it("is the API's plan with --json", async () => {
    const { api, run, cwd } = await startWithShop();
    api.retention.plan = PLAN;
    expect(RetentionPlan.parse(JSON.parse((await run(["gc", "--plan", "--json"], { cwd })).stdout))).toEqual(PLAN);
  });
});

describe.concurrent("gc", () => {
  it("starts a sweep, waits for its end, and prints what it did", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    api.retention.result = RESULT;
    const { code, stdout } = await run(["gc"], { cwd });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "2 deployments let go, 31 objects removed, 59.8 KiB freed\n",
    });
    expect(api.seen.slice(1).map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /projects/${shop.id}/retention/sweep`,
      `GET /projects/${shop.id}/retention/sweep`,
      `GET /projects/${shop.id}/retention/sweep`,
    ]);
  });

  it("is a failure when nothing could be removed", async () => {
    const { api, run, cwd } = await startWithShop();
    api.retention.result = { ...RESULT, objects: 0, bytes: 0, blocked: "A manifest could not be read." };
    const { code, stdout, stderr } = await run(["gc"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("error: Nothing was removed from storage: A manifest could not be read.");
    expect(JSON.parse((await run(["gc", "--json"], { cwd })).stdout)).toMatchObject({ objects: 0 });
  });

  it("gives what the sweep did with --json", async () => {
    const { api, run, cwd } = await startWithShop();
    api.retention.result = RESULT;
    expect(JSON.parse((await run(["gc", "--json"], { cwd })).stdout)).toMatchObject({ objects: 31, bytes: 61_234 });
  });

  it("says after Ctrl-C that the sweep goes on", async () => {
    const { api, run, cwd } = await startWithShop();
    api.retention.rounds = 100;
    const { code, stderr } = await run(["gc"], {
      cwd,
      onStart: (child) => {
        api.onRequest = ({ method, path }) => {
          if (method === "GET" && path.endsWith("/sweep")) child.kill("SIGINT");
          return undefined;
        };
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain("The sweep goes on without this command.");
  });
});
