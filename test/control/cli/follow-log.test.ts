import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../control/cli/api-client.ts";
import { followLog } from "../../../control/cli/follow-log.ts";
import type { Deployment, LogLine } from "../../../schema/contracts/deployments.ts";

const AT = "2026-11-23T12:00:00.000Z";

/** One connection: the lines that it brings, whether it ends in order, and how the deployment stands afterwards. */
type Connection = {
  readonly lines: readonly number[];
  readonly whole: boolean;
  readonly becomes?: Deployment["status"];
};

function createScripted(first: Deployment["status"], connections: readonly Connection[]) {
  const asked: { after: number; follow: boolean }[] = [];
  const deployment = { id: "dpl_01960000-0000-7000-8000-000000000000", status: first } as Deployment;
  let current = deployment;
  const api: Pick<ApiClient, "readLog" | "readDeployment"> = {
    readLog: async (_, query, onLine) => {
      const connection = connections[asked.length];
      if (!connection) throw new Error("connected once too often");
      asked.push(query);
      for (const seq of connection.lines) onLine({ seq, at: AT, kind: "output", step: "build", text: String(seq) });
      current = { ...current, status: connection.becomes ?? current.status };
      return { whole: connection.whole };
    },
    readDeployment: async () => current,
  };
  const lines: number[] = [];
  const onLine = (line: LogLine) => lines.push(line.seq);
  const signal = new AbortController().signal;
  const follow = (wanted: boolean) => followLog(api, deployment, { follow: wanted, signal, onLine });
  return { follow, asked, lines };
}

describe("following a log", () => {
  it("ends with the deployment as it stands, when its whole log has been read", async () => {
    const { follow, lines } = createScripted("building", [
      { lines: [1, 2], whole: true, becomes: "live" },
      { lines: [], whole: true },
    ]);
    expect(await follow(true)).toMatchObject({ whole: true, deployment: { status: "live" } });
    expect(lines).toEqual([1, 2]);
  });

  it("reads once more after the deployment has settled, so that the lines of the failure are not missed", async () => {
    const { follow, lines, asked } = createScripted("building", [
      { lines: [1], whole: true, becomes: "failed" },
      { lines: [2, 3], whole: true },
    ]);
    expect(await follow(true)).toMatchObject({ whole: true, deployment: { status: "failed" } });
    expect(lines).toEqual([1, 2, 3]);
    expect(asked.map(({ after }) => after)).toEqual([0, 1]);
  });

  it("goes on after the last line that it saw, and passes on none twice", async () => {
    const { follow, lines, asked } = createScripted("building", [
      { lines: [1, 2], whole: false },
      { lines: [2, 3], whole: false, becomes: "live" },
      { lines: [3, 4], whole: true },
    ]);
    await follow(true);
    expect(lines).toEqual([1, 2, 3, 4]);
    expect(asked.map(({ after }) => after)).toEqual([0, 2, 3]);
  });

  it("reads what there is and ends, when it is not to follow", async () => {
    const { follow, lines, asked } = createScripted("building", [{ lines: [1, 2], whole: true }]);
    expect(await follow(false)).toMatchObject({ whole: true, deployment: { status: "building" } });
    expect(lines).toEqual([1, 2]);
    expect(asked).toEqual([{ after: 0, follow: false }]);
  });

  it("gives up on a finished log that breaks off each time without a new line", async () => {
    const { follow, lines } = createScripted("failed", [
      { lines: [1], whole: false },
      ...Array.from({ length: 5 }, () => ({ lines: [], whole: false })),
    ]);
    expect(await follow(true)).toMatchObject({ whole: false, deployment: { status: "failed" } });
    expect(lines).toEqual([1]);
  });
});
