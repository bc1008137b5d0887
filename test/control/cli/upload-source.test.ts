/** What only an unusual API or an unusual folder brings out; the usual way is in deploy.test.ts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../control/cli/api-client.ts";
import { uploadSource } from "../../../control/cli/upload-source.ts";
import { readWorkspace } from "../../../control/cli/workspace.ts";
import type { SourceState } from "../../../schema/contracts/sources.ts";
import { type Digest, sha256 } from "../../../schema/digest.ts";
import { projectIdFrom } from "../../../schema/ids.ts";
import { makeFolder } from "./make-folder.ts";

const PROJECT = projectIdFrom("01960000-0000-7000-8000-000000000000");
const SOURCE = "5".repeat(64) as Digest;

type Uploader = Pick<ApiClient, "createSource" | "sendBlobs">;

/** An API that gives these answers about the source, one after the other, and counts the blobs it gets. */
function createScripted(states: readonly Omit<SourceState, "source">[]): { api: Uploader; batches: number[] } {
  const batches: number[] = [];
  const left = [...states];
  const api: Uploader = {
    createSource: async () => {
      const state = left.shift();
      if (!state) throw new Error("asked once too often");
      return { source: SOURCE, ...state };
    },
    sendBlobs: async (_, { body }) => {
      const stored = (body.length - 1) / 2;
      batches.push(stored);
      return { stored };
    },
  };
  return { api, batches };
}

describe("uploading a source", () => {
  it("sends what is missing until the source is committed", async () => {
    const workspace = await readWorkspace(await makeFolder({ "a.txt": "a", "b.txt": "b" }));
    const [a, b] = workspace.files.map((file) => file.sha256) as [Digest, Digest];
    const { api, batches } = createScripted([
      { committed: false, missing: [a, b] },
      { committed: false, missing: [b] },
      { committed: false, missing: [] },
      { committed: true, missing: [] },
    ]);
    const { source, sent } = await uploadSource(api, PROJECT, workspace, () => undefined);
    expect(source).toBe(SOURCE);
    expect(batches).toEqual([2, 1]);
    expect(sent).toEqual({ blobs: 3, bytes: 3, ofBlobs: 3, ofBytes: 3 });
  });

  it("refuses to send a file that changed after it was hashed", async () => {
    const root = await makeFolder({ "a.txt": "before" });
    const workspace = await readWorkspace(root);
    await writeFile(join(root, "a.txt"), "after");
    const { api, batches } = createScripted([
      { committed: false, missing: workspace.files.map((file) => file.sha256) },
    ]);
    await expect(uploadSource(api, PROJECT, workspace, () => undefined)).rejects.toMatchObject({
      kind: "failed",
      message: expect.stringMatching(/^"a\.txt" changed while it was being sent\. Nothing was deployed/),
    });
    expect(batches).toEqual([]);
  });

  it("has at most two batches on their way, sends none after a failure, and lets the other come to its end", async () => {
    const large = 5 * 1024 * 1024;
    const names = ["a", "b", "c", "d", "e", "f"];
    const root = await makeFolder(Object.fromEntries(names.map((name) => [name, name.repeat(large)])));
    const workspace = await readWorkspace(root);
    const missing = workspace.files.map((file) => file.sha256);
    const { api } = createScripted([{ committed: false, missing }]);
    let running = 0;
    let most = 0;
    let ended = 0;
    const sendBlobs: Uploader["sendBlobs"] = async () => {
      running += 1;
      most = Math.max(most, running);
      const nth = ended + running;
      await sleep(nth === 3 ? 1 : 10);
      running -= 1;
      ended += 1;
      if (nth === 3) throw new Error("no third");
      return { stored: 1 };
    };
    await expect(uploadSource({ ...api, sendBlobs }, PROJECT, workspace, () => undefined)).rejects.toThrow("no third");
    expect({ running, most, ended }).toEqual({ running: 0, most: 2, ended: 4 });
  });

  it("never sends what is not in the folder, whatever the API asks for", async () => {
    const workspace = await readWorkspace(await makeFolder({ "a.txt": "a" }));
    const { api } = createScripted([{ committed: false, missing: [await sha256("something else")] }]);
    await expect(uploadSource(api, PROJECT, workspace, () => undefined)).rejects.toMatchObject({ kind: "unknown" });
  });
});
