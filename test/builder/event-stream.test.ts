import { expect, it } from "vitest";
import { EventLog } from "../../builder/event-log.ts";
import { streamEvents } from "../../builder/event-stream.ts";

const now = () => new Date("2026-11-23T00:00:00Z");
const running = { attempt: 1, state: "running" } as const;

async function numbersOf(stream: ReadableStream<Uint8Array>): Promise<number[]> {
  const text = await new Response(stream).text();
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).n]));
}

it("says what is there, and then what comes", async () => {
  const log = new EventLog(now);
  log.step("stage");
  log.step("config");
  const reader = streamEvents({ log, state: running }, 1, 60_000).getReader();
  const next = async () => JSON.parse(new TextDecoder().decode((await reader.read()).value));
  expect(await next()).toMatchObject({ n: 2, step: "config" });
  log.step("install");
  expect(await next()).toMatchObject({ n: 3, step: "install" });
  log.close();
  expect((await reader.read()).done).toBe(true);
});

it("ends when its time is over", async () => {
  const log = new EventLog(now);
  log.step("stage");
  expect(await numbersOf(streamEvents({ log, state: running }, 0, 20))).toEqual([1]);
});

it("ends at once when the job rests and all is said", async () => {
  const log = new EventLog(now);
  log.failed({ reason: "build_failed", detail: "no" });
  expect(await numbersOf(streamEvents({ log, state: { attempt: 1, state: "failed" } }, 0, 60_000))).toEqual([1]);
  expect(await numbersOf(streamEvents({ log, state: { attempt: 1, state: "failed" } }, 9, 60_000))).toEqual([]);
});

it("ends when the job is taken away", async () => {
  const log = new EventLog(now);
  const numbers = numbersOf(streamEvents({ log, state: running }, 0, 60_000));
  log.step("stage");
  log.close();
  expect(await numbers).toEqual([1]);
});
