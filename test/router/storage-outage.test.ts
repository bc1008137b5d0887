import { expect, it } from "vitest";
import { tellOutages } from "../../router/bundle-store.ts";
import { StorageOutage } from "../../router/storage-outage.ts";

const away = new Error("10001");
const object = { size: 1, body: new ReadableStream(), arrayBuffer: async () => new ArrayBuffer(1) };

it("errors of storage say what they are, with their cause", async () => {
  const storage = tellOutages({ get: () => Promise.reject(away) });
  await expect(storage.get("key")).rejects.toMatchObject({ name: "StorageOutage", cause: away });
});

it("so does a body that breaks off", async () => {
  const storage = tellOutages({ get: async () => ({ ...object, arrayBuffer: () => Promise.reject(away) }) });
  await expect((await storage.get("key"))?.arrayBuffer()).rejects.toBeInstanceOf(StorageOutage);
});

it("what can be read, and what is not there, passes as it is", async () => {
  expect(await tellOutages({ get: async () => null }).get("key")).toBeNull();
  const read = await tellOutages({ get: async () => object }).get("key");
  expect([read?.size, read?.body, (await read?.arrayBuffer())?.byteLength]).toEqual([1, object.body, 1]);
});
