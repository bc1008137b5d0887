/** A valid one of each shape. Tests change one field of it. */
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { Digest } from "../../schema/digest.ts";
import { Channel } from "../../schema/hostname.ts";
import { DeploymentId, ProjectId, RolloutId } from "../../schema/ids.ts";
import type { Manifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import type { SourceFile } from "../../schema/source.ts";

export const PROJECT = ProjectId.parse("prj_01960000-0000-7000-8000-000000000001");
export const DEPLOYMENT = DeploymentId.parse("dpl_01960000-0000-7000-8000-000000000002");
export const ROLLOUT = RolloutId.parse("rol_01960000-0000-7000-8000-000000000003");
export const AT = "2026-11-23T12:00:00.000Z";

/** The sha256 whose every hex digit is this one. */
export function digestOf(digit: string): Digest {
  return Digest.parse(digit.repeat(64));
}

export function sourceFile(path: string, fields: Partial<SourceFile> = {}): SourceFile {
  return { path: RelativePath.parse(path), mode: "file", size: 1, sha256: digestOf("a"), ...fields };
}

export function manifest(fields: Partial<Manifest> = {}): Manifest {
  const file = { size: 120, sha256: digestOf("c"), type: "text/html; charset=utf-8", fingerprinted: false };
  return {
    version: 1,
    source: digestOf("a"),
    env: digestOf("b"),
    files: [
      { ...file, path: RelativePath.parse("index.html") },
      { ...file, path: RelativePath.parse("assets/app-4f2a9c1b.js"), type: "text/javascript", fingerprinted: true },
    ],
    ...fields,
  };
}

export function routeRecord(fields: Partial<RouteRecord> = {}): RouteRecord {
  return {
    version: 1,
    project: PROJECT,
    channel: Channel.parse("production"),
    rev: 1,
    live: { deployment: DEPLOYMENT, build: digestOf("1"), env: digestOf("2") },
    retained: [],
    ...fields,
  };
}

export function deployment(fields: Partial<Deployment> = {}): Deployment {
  return {
    id: DEPLOYMENT,
    project: PROJECT,
    channel: Channel.parse("production"),
    status: "live",
    phase: null,
    source: digestOf("a"),
    env: digestOf("b"),
    build: digestOf("c"),
    reused: false,
    failure: null,
    message: null,
    commit: null,
    retryOf: null,
    pinned: false,
    collectedAt: null,
    bundle: { files: 2, bytes: 240, uploadedBlobs: 2, uploadedBytes: 240 },
    url: "http://hello.apps.localhost:8787/",
    createdBy: "tests",
    createdByToken: "0123456789abcdef",
    createdAt: AT,
    updatedAt: AT,
    ...fields,
  };
}
