import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../../control/cli/settings.ts";
import { makeFolder } from "./make-folder.ts";

async function credentials(content: string): Promise<URL> {
  return pathToFileURL(join(await makeFolder({ "credentials.json": content }), "credentials.json"));
}

const NONE = new URL("file:///nowhere/credentials.json");
const STORED = JSON.stringify({ api: "http://base.localhost:9999", token: "stored" });

describe("settings", () => {
  it("come from flags, then the environment, then the stored credentials", async () => {
    const file = await credentials(STORED);
    const env = { ATELIER_API: "https://env.test", ATELIER_TOKEN: "env" };
    const pick = async (...args: Parameters<typeof readSettings>) => {
      const { api, token } = await readSettings(...args);
      return [api.origin, token];
    };
    expect(await pick({ api: "https://flag.test", token: "flag" }, env, file)).toEqual(["https://flag.test", "flag"]);
    expect(await pick({ token: "flag" }, env, file)).toEqual(["https://env.test", "flag"]);
    expect(await pick({}, env, file)).toEqual(["https://env.test", "env"]);
    expect(await pick({}, {}, file)).toEqual(["http://base.localhost:9999", "stored"]);
    expect(await pick({ token: "flag" }, {}, NONE)).toEqual(["http://base.localhost:8787", "flag"]);
  });

  it("send a stored token to nobody but the API that it belongs to", async () => {
    const file = await credentials(STORED);
    await expect(readSettings({ api: "https://elsewhere.test" }, {}, file)).rejects.toMatchObject({ kind: "auth" });
    await expect(readSettings({}, { ATELIER_API: "http://base.localhost:1" }, file)).rejects.toMatchObject({
      kind: "auth",
    });
    expect((await readSettings({ api: "http://base.localhost:9999/" }, {}, file)).token).toBe("stored");
  });

  it.each(["not json", "{}", '{"api":"nowhere","token":"x"}', "null"])(
    "survive stored credentials like %s",
    async (text) => {
      await expect(readSettings({ api: "http://a.test" }, {}, await credentials(text))).rejects.toMatchObject({
        kind: "auth",
      });
    },
  );

  it.each(["base.localhost:8787", "ftp://base.test", "nowhere"])("refuse %s as the address of an API", async (api) => {
    await expect(readSettings({ api, token: "t" }, {}, NONE)).rejects.toMatchObject({ kind: "usage" });
  });

  it.each([
    ["http://base.localhost:8787/v1", "http://base.localhost:8787/"],
    ["http://base.localhost:8787/v1/", "http://base.localhost:8787/"],
    ["https://acme.test/atelier/v1", "https://acme.test/atelier"],
    ["https://acme.test/dev1", "https://acme.test/dev1"],
  ])("take %s as an address with or without the version", async (address, api) => {
    expect((await readSettings({ token: "t" }, { ATELIER_API: address }, NONE)).api.href).toBe(api);
  });

  it("take the patience with a silent API from the environment, in seconds", async () => {
    expect((await readSettings({ token: "t" }, {}, NONE)).retryMs).toBe(30_000);
    expect((await readSettings({ token: "t" }, { ATELIER_RETRY_SECONDS: "0.5" }, NONE)).retryMs).toBe(500);
    await expect(readSettings({ token: "t" }, { ATELIER_RETRY_SECONDS: "soon" }, NONE)).rejects.toMatchObject({
      kind: "usage",
    });
  });
});
