/** What the store on R2 keeps in memory; that it is a bundle store at all is held in test/contract. */
import { describe, expect, it } from "vitest";
import { createBundleStore, MAX_KEPT_BLOB_BYTES } from "../../router/bundle-store.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { createMemoryBucket } from "../support/memory-bucket.ts";
import { type Bundle, bundleOf, PROJECT } from "../support/routes.ts";
import { createSteppedClock } from "../support/stepped-clock.ts";

async function createStore(bundle: Bundle) {
  const bucket = createMemoryBucket();
  bucket.add(bundle);
  const clock = createSteppedClock();
  return { bucket, clock, store: createBundleStore(bucket, { clock, keepAlive: () => undefined }) };
}

describe("a blob", () => {
  it.each([
    ["of one megabyte is kept", MAX_KEPT_BLOB_BYTES, 1],
    ["that is larger is streamed each time", MAX_KEPT_BLOB_BYTES + 1, 2],
  ])("%s", async (_what, size, reads) => {
    const bundle = await bundleOf({ file: new Uint8Array(size) });
    const { bucket, store } = await createStore(bundle);
    const [file] = bundle.manifest.files;
    if (!file) throw new Error("a bundle has files");
    for (let round = 0; round < 2; round++) await store.blob(PROJECT, file);
    expect(bucket.reads).toEqual(Array<string>(reads).fill(blobKey(PROJECT, file.sha256)));
  });

  it("makes room for others within 32 MB, the one used longest ago first", async () => {
    const contents = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`file-${n}`, new Uint8Array(MAX_KEPT_BLOB_BYTES).fill(n)]),
    );
    const bundle = await bundleOf(contents);
    const { bucket, store } = await createStore(bundle);
    for (const file of bundle.manifest.files) await store.blob(PROJECT, file);
    bucket.reads.length = 0;
    for (const file of bundle.manifest.files.slice(-30)) await store.blob(PROJECT, file);
    expect(bucket.reads).toEqual([]);
    for (const file of bundle.manifest.files.slice(0, 5)) await store.blob(PROJECT, file);
    expect(bucket.reads).toHaveLength(5);
  });
});

describe("a manifest", () => {
  it("is read once by requests that come together", async () => {
    const bundle = await bundleOf({ "index.html": "home" });
    const { bucket, store } = await createStore(bundle);
    const manifests = await Promise.all(Array.from({ length: 20 }, () => store.manifest(PROJECT, bundle.build)));
    expect(new Set(manifests.map(({ kind }) => kind))).toEqual(new Set(["found"]));
    expect(bucket.reads).toEqual([manifestKey(PROJECT, bundle.build)]);
  });

  it("is read by each on its own when the first reader never comes back", async () => {
    const bundle = await bundleOf({ "index.html": "home" });
    const { bucket, clock, store } = await createStore(bundle);
    const read = bucket.get;
    bucket.get = () => new Promise(() => {});
    void store.manifest(PROJECT, bundle.build);
    bucket.get = read;
    const second = store.manifest(PROJECT, bundle.build);
    await clock.advance(2_000);
    expect(await second).toMatchObject({ kind: "found" });
  });
});
