/** What every `BundleStore` does, held against the one in memory and those on R2 and on S3. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBundleStore, MAX_KEPT_BLOB_BYTES } from "../../router/bundle-store.ts";
import { createS3Objects } from "../../router/objects-s3.ts";
import type { BundleStore } from "../../router/ports.ts";
import { sha256 } from "../../schema/digest.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import type { ManifestFile } from "../../schema/manifest.ts";
import { createMemoryBundleStore } from "../support/memory-bundle-store.ts";
import { startBindings } from "../support/miniflare-bindings.ts";
import { type Bundle, bundleOf, OTHER_PROJECT, PROJECT, utf8 } from "../support/routes.ts";
import { startS3Endpoint } from "../support/s3-endpoint.ts";
import { createSteppedClock } from "../support/stepped-clock.ts";

interface Subject {
  readonly store: BundleStore;
  readonly put: (key: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  memory: async () => {
    const store = createMemoryBundleStore();
    return { store, put: async (key, bytes) => store.put(key, bytes), stop: async () => undefined };
  },
  R2: async () => {
    const { bindings, stop } = await startBindings();
    const store = createBundleStore(bindings.BUNDLES, { clock: createSteppedClock(), keepAlive: () => undefined });
    return { store, put: async (key, bytes) => void (await bindings.BUNDLES.put(key, bytes)), stop };
  },
  S3: async () => {
    const { endpoint, grant, put, stop } = await startS3Endpoint();
    const clock = createSteppedClock();
    const objects = createS3Objects({ endpoint, region: "auto", ...grant }, clock);
    return { store: createBundleStore(objects, { clock, keepAlive: () => undefined }), put, stop };
  },
};

const large = new Uint8Array(randomBytes(MAX_KEPT_BLOB_BYTES + 1));
const bundle = await bundleOf({ "index.html": "home", "empty.txt": "", "film.bin": large, "gone.txt": "gone" });

describe.each(Object.keys(SUBJECTS))("a bundle store on %s", (name) => {
  let subject: Subject;
  let store: BundleStore;

  beforeAll(async () => {
    const start = SUBJECTS[name];
    if (!start) throw new Error(`no subject ${name}`);
    subject = await start();
    store = subject.store;
    await upload(bundle, "gone.txt");
  });
  afterAll(() => subject.stop());

  async function upload({ project, build, manifestText, blobs }: Bundle, except = "") {
    const left = bundle.manifest.files.find(({ path }) => path === except)?.sha256;
    for (const [digest, bytes] of blobs) {
      if (digest !== left) await subject.put(blobKey(project, digest), bytes);
    }
    await subject.put(manifestKey(project, build), utf8(manifestText));
  }

  it("has a manifest at hand only after it was read, and then as files by path", async () => {
    expect(store.manifestAtHand(PROJECT, bundle.build)).toBeNull();
    const manifest = await store.manifest(PROJECT, bundle.build);
    if (manifest.kind !== "found") throw new Error(manifest.kind);
    for (const file of JSON.parse(bundle.manifestText).files) expect(manifest.value.get(file.path)).toEqual(file);
    expect(manifest.value.get("nothing.txt")).toBeUndefined();
    expect(store.manifestAtHand(PROJECT, bundle.build)).toBe(manifest.value);
  });

  it("says that a manifest is missing, and knows it once it is there", async () => {
    const later = await bundleOf({ "later.txt": name });
    expect(await store.manifest(PROJECT, later.build)).toEqual({ kind: "missing" });
    await upload(later);
    expect(await store.manifest(PROJECT, later.build)).toMatchObject({ kind: "found" });
  });

  it("takes no manifest whose text is not its build's", async () => {
    const claimed = await bundleOf({ "claimed.txt": name });
    await subject.put(manifestKey(PROJECT, claimed.build), utf8(bundle.manifestText));
    expect(await store.manifest(PROJECT, claimed.build)).toEqual({ kind: "damaged" });
    expect(store.manifestAtHand(PROJECT, claimed.build)).toBeNull();
  });

  it.each([
    ["a small blob", "index.html"],
    ["an empty blob", "empty.txt"],
    ["a blob too large to keep", "film.bin"],
  ])("brings %s, byte for byte, again and again", async (_what, path) => {
    const file = fileAt(path);
    for (let round = 0; round < 2; round++) {
      const blob = await store.blob(PROJECT, file);
      if (blob.kind !== "found") throw new Error(blob.kind);
      expect(await sha256(await new Response(blob.value).arrayBuffer())).toBe(file.sha256);
    }
  });

  it.each([
    ["index.html", { offset: 1, length: 2 }],
    ["film.bin", { offset: 0, length: 1 }],
    ["film.bin", { offset: 1_000_000, length: 48_577 }],
  ])("brings of %s the part %j", async (path, part) => {
    const blob = await store.blob(PROJECT, fileAt(path), part);
    if (blob.kind !== "found") throw new Error(blob.kind);
    const whole = bundle.blobs.get(fileAt(path).sha256);
    const expected = whole?.subarray(part.offset, part.offset + part.length);
    expect(new Uint8Array(await new Response(blob.value).arrayBuffer())).toEqual(expected);
  });

  it("says that a blob is missing", async () => {
    expect(await store.blob(PROJECT, fileAt("gone.txt"))).toEqual({ kind: "missing" });
  });

  it.each([
    ["another length", "damage"],
    ["the same length", "hame"],
  ])("takes no blob with other bytes of %s", async (_what, text) => {
    const damaged = await bundleOf({ "index.html": `${text.length}${name}`.padEnd(text.length).slice(0, 4) });
    const [file] = damaged.manifest.files;
    if (!file) throw new Error("a bundle has files");
    await subject.put(blobKey(PROJECT, file.sha256), utf8(text));
    expect(await store.blob(PROJECT, file)).toEqual({ kind: "damaged" });
  });

  it("keeps projects apart", async () => {
    expect(await store.manifest(OTHER_PROJECT, bundle.build)).toEqual({ kind: "missing" });
    expect(await store.blob(OTHER_PROJECT, fileAt("index.html"))).toEqual({ kind: "missing" });
  });
});

function fileAt(path: string): ManifestFile {
  const file = bundle.manifest.files.find((file) => file.path === path);
  if (!file) throw new Error(`no ${path} in the bundle`);
  return file;
}
