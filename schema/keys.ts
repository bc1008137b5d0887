/** Every storage key, built here and nowhere else. Blob keys start with the project, so nothing can be asked across projects. */
import type { Digest } from "./digest.ts";
import type { Channel, Hostname } from "./hostname.ts";
import type { DeploymentId, ProjectId } from "./ids.ts";

export function blobKey(project: ProjectId, sha256: Digest): string {
  return `blobs/${project}/${sha256}`;
}

export function sourceKey(project: ProjectId, source: Digest): string {
  return `sources/${project}/${source}.json`;
}

export function manifestKey(project: ProjectId, build: Digest): string {
  return `bundles/${project}/${build}/manifest.json`;
}

export function logKey(project: ProjectId, deployment: DeploymentId): string {
  return `logs/${project}/${deployment}.ndjson`;
}

/** Below these is all that a project has in R2. */
export function projectPrefixes(project: ProjectId): string[] {
  return ["blobs", "sources", "bundles", "logs"].map((kind) => `${kind}/${project}/`);
}

/** KV: the copy of a route record. */
export function routeKey(project: ProjectId, channel: Channel): string {
  return `route/${project}/${channel}`;
}

/** KV: which project a host name belongs to. Preview hosts are found by the host of their project. */
export function hostKey(hostname: Hostname): string {
  return `host/${hostname}`;
}
