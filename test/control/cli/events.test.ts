/** `atelier events`: read, followed, and checked as a chain. */
import { describe, expect, it } from "vitest";
import { ProjectEvent } from "../../../schema/contracts/events.ts";
import { type Digest, sha256 } from "../../../schema/digest.ts";
import { eventText, FIRST_PREVIOUS } from "../../../schema/event-chain.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import type { FakeApi } from "./fake-api.ts";
import { startWithShop } from "./start-with-shop.ts";

/** More than two pages of events. */
const MANY = 1_100;

async function startWithEvents(count: number) {
  const started = await startWithShop();
  for (let index = 0; index < count; index++) await started.api.events.add({ type: "source.committed" });
  return started;
}

function change({ events }: FakeApi, seq: number, fields: Partial<ProjectEvent>): void {
  const event = events.events[seq - 1];
  if (!event) throw new Error(`there is no event ${seq}`);
  events.events[seq - 1] = { ...event, ...fields };
}

describe.concurrent("events", () => {
  it("are shown a line each, oldest first, without what could steer the terminal", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop);
    await api.events.add({ type: "project.created", data: { slug: "shop", name: "shop" } });
    await api.events.add({
      type: "route.flipped",
      channel: PRODUCTION,
      deployment: id,
      actor: "A\u202eda\u200b\x1b[2J",
      actorToken: "0123456789abcdef",
      reason: "Bring it back",
      data: { kind: "promote", rev: 7, build: "b1".repeat(32), from: null, reason: "Bring it back" },
    });
    const { code, stdout, stderr } = await run(["events"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      "    1  2026-11-23 12:00:00Z  project.created        -           by tests slug=shop name=shop",
      `    2  2026-11-23 12:00:00Z  route.flipped          production  by Ada (0123456789abcdef) ${id} kind=promote rev=7 build=b1b1b1b1b1b1 "Bring it back"`,
      "",
    ]);
  });

  it("are read over every page with --json, as NDJSON", async () => {
    const { api, run, cwd } = await startWithEvents(MANY);
    const { stdout } = await run(["events", "--json", "--after", "10"], { cwd });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => ProjectEvent.parse(JSON.parse(line)));
    expect(events).toEqual(api.events.events.slice(10));
    expect(api.requests("GET", "/projects/prj_").map(({ path }) => path.split("?")[1])).toEqual([
      "after=10&limit=500",
      "after=510&limit=500",
      "after=1010&limit=500",
      "after=1100&limit=500",
    ]);
  });

  it("are filtered by the API", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop);
    const channel = Channel.parse("pr-7");
    await api.events.add({ type: "deployment.live", channel });
    const wanted = await api.events.add({ type: "deployment.live", channel, deployment: id });
    const args = ["events", "--type", "deployment.live", "--channel", "pr-7", "--deployment", id, "--json"];
    const { stdout } = await run(args, { cwd });
    expect(ProjectEvent.parse(JSON.parse(stdout)).seq).toBe(wanted.seq);
  });

  it("go on with --follow until Ctrl-C, which says where to read on", async () => {
    const { api, run, cwd } = await startWithEvents(2);
    const { code, stdout, stderr } = await run(["events", "-f"], {
      cwd,
      onStart: (child) => {
        api.onRequest = ({ path }, nth) => {
          if (path.includes("/events?after=2") && nth === 4) void api.events.add({ type: "project.updated" });
          if (path.includes("/events?after=3")) child.kill("SIGINT");
          return undefined;
        };
      },
    });
    expect(code).toBe(130);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().split(" ")[0]),
    ).toEqual(["1", "2", "3"]);
    expect(stderr).toContain("Interrupted. Read on with: atelier events -p shop --follow --after 3");
  });
});

describe.concurrent("events --verify", () => {
  it("prints the hash of the last one when all fit together, over every page", async () => {
    const { api, run, cwd } = await startWithEvents(MANY);
    const { code, stdout, stderr } = await run(["events", "--verify"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${api.events.events.at(-1)?.hash}\n` });
    expect(stderr).toMatch(/✔ Check the events +1100 events/);
  });

  it.each([
    ["changed", 700, (api: FakeApi) => change(api, 700, { actor: "somebody else" })],
    ["taken out", 701, (api: FakeApi) => void api.events.events.splice(699, 1)],
    ["taken out at the beginning", 2, (api: FakeApi) => void api.events.events.splice(0, 1)],
    ["taken out where a page ends", 501, (api: FakeApi) => void api.events.events.splice(499, 1)],
    [
      "put in",
      701,
      (api: FakeApi) => {
        const [copy] = api.events.events.slice(699, 700);
        if (copy) api.events.events.splice(700, 0, { ...copy, seq: 701 });
      },
    ],
  ])("names the first that does not fit: one was %s", async (_, seq, tamper) => {
    const { api, run, cwd } = await startWithEvents(MANY);
    tamper(api);
    const { code, stdout, stderr } = await run(["events", "--verify"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`The events of shop do not fit together: the first that does not is number ${seq}.`);
    const { stdout: json } = await run(["events", "--verify", "--json"], { cwd });
    expect(JSON.parse(json)).toMatchObject({ ok: false, broken: seq });
  });

  it("sees with an earlier hash that the end was cut off and written anew", async () => {
    const { api, run, cwd } = await startWithEvents(10);
    const head = String(api.events.events.at(-1)?.hash);
    expect((await run(["events", "--expect", head], { cwd })).code).toBe(0);
    let previous: Digest = api.events.events[7]?.hash ?? FIRST_PREVIOUS;
    for (const seq of [9, 10]) {
      const event = { ...api.events.events[seq - 1], seq, previous, actor: "somebody else" } as ProjectEvent;
      previous = await sha256(eventText(event));
      change(api, seq, { ...event, hash: previous });
    }
    expect((await run(["events", "--verify"], { cwd })).code).toBe(0);
    const { code, stderr } = await run(["events", "--expect", head], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(`The events of shop fit together, but none has the hash ${head}`);
  });

  it("takes only a whole hash as an earlier one", async () => {
    const { run, cwd } = await startWithShop();
    const { code, stderr } = await run(["events", "--expect", "b1b1b1b1b1b1"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("--expect is not usable");
    expect(stderr).not.toContain("cut off");
  });

  it("of a project without events is the beginning of the chain", async () => {
    const { run, cwd } = await startWithShop();
    const { stdout } = await run(["events", "--verify", "--json"], { cwd });
    expect(JSON.parse(stdout)).toEqual({ ok: true, events: 0, head: FIRST_PREVIOUS, broken: null });
  });
});
