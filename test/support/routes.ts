/** Valid routes, bundles and ids for tests; each takes what the test is about and fills in the rest. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type Digest, sha256 } from "../../schema/digest.ts";
import { PRODUCTION } from "../../schema/hostname.ts";
import { deploymentIdFrom, type ProjectId, projectIdFrom, rolloutIdFrom } from "../../schema/ids.ts";
import { buildSha, type EncodedBlob, encodeManifest, Manifest } from "../../schema/manifest.ts";
import { Arm, CanaryArm, RouteRecord } from "../../schema/route-record.ts";

export const PROJECT = projectIdFrom("01990000-0000-7000-8000-000000000001");
export const OTHER_PROJECT = projectIdFrom("01990000-0000-7000-8000-000000000002");
export const DEPLOYMENT = deploymentIdFrom("01990000-0000-7000-8000-00000000000a");
export const CANARY_DEPLOYMENT = deploymentIdFrom("01990000-0000-7000-8000-00000000000b");
export const ROLLOUT = rolloutIdFrom("01990000-0000-7000-8000-0000000000f1");
export const ENV_DIGEST = await sha256("no variables");

export function arm(build: Digest, deployment = DEPLOYMENT): Arm {
  return Arm.parse({ deployment, build, env: ENV_DIGEST });
}

export function canaryArm(build: Digest, weightBps: number, salt = ROLLOUT): CanaryArm {
  return CanaryArm.parse({ ...arm(build, CANARY_DEPLOYMENT), weightBps, salt });
}

export function routeRecord(parts: Partial<RouteRecord> & Pick<RouteRecord, "live">): RouteRecord {
  return RouteRecord.parse({ version: 1, project: PROJECT, channel: PRODUCTION, rev: 1, retained: [], ...parts });
}

export interface Bundle {
  readonly project: ProjectId;
  readonly build: Digest;
  readonly manifestText: string;
  readonly manifest: Manifest;
  /** By sha256. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array<ArrayBuffer>>;
}

/** A bundle of these files. As a bundler would, a name with a dash and eight characters before its extension is fingerprinted. */
export async function bundleOf(
  contents: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  project = PROJECT,
  more: Partial<Pick<Manifest, "html" | "rules">> = {},
): Promise<Bundle> {
  const blobs = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const files: unknown[] = [];
  for (const [path, content] of Object.entries(contents)) {
    const bytes = typeof content === "string" ? utf8(content) : content;
    const digest = await sha256(bytes);
    blobs.set(digest, bytes);
    const fingerprinted = /-[A-Za-z0-9_]{8}\.\w+$/.test(path);
    files.push({ path, size: bytes.length, sha256: digest, type: typeOf(path), fingerprinted });
  }
  const manifest = Manifest.parse({ version: 1, source: await sha256("source"), env: ENV_DIGEST, files, ...more });
  const manifestText = encodeManifest(manifest);
  return { project, build: await buildSha(manifestText), manifestText, manifest, blobs };
}

/** The same bundle with every text in brotli and gzip too. */
export async function withEncodings(bundle: Bundle): Promise<Bundle> {
  const blobs = new Map(bundle.blobs);
  const files = await Promise.all(
    bundle.manifest.files.map(async (file) => {
      const bytes = bundle.blobs.get(file.sha256);
      if (!bytes || !file.type.startsWith("text/")) return file;
      const encodings: EncodedBlob[] = [];
      for (const [encoding, packed] of [
        ["br", new Uint8Array(brotliCompressSync(bytes))],
        ["gzip", new Uint8Array(gzipSync(bytes))],
      ] as const) {
        const digest = await sha256(packed);
        blobs.set(digest, packed);
        encodings.push({ encoding, size: packed.length, sha256: digest });
      }
      return { ...file, encodings };
    }),
  );
  const manifest = Manifest.parse({ ...bundle.manifest, files });
  const manifestText = encodeManifest(manifest);
  return { ...bundle, build: await buildSha(manifestText), manifestText, manifest, blobs };
}

/** Bytes of their own: a view into a pool would drag its neighbours along. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["txt", "text/plain; charset=utf-8"],
  ["png", "image/png"],
]);

function typeOf(path: string): string {
  return TYPES.get(path.slice(path.lastIndexOf(".") + 1)) ?? "application/octet-stream";
}
