/** Every storage key, built here and nowhere else. Blob keys start with the project, so nothing can be asked across projects. */
import { Digest } from "./digest.ts";
import type { Channel, Hostname } from "./hostname.ts";
import { DeploymentId, type ProjectId, type RolloutId } from "./ids.ts";

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

export type StoredObject =
  | { readonly kind: "blob" | "source" | "manifest"; readonly sha: Digest }
  | { readonly kind: "log"; readonly deployment: DeploymentId };

/** What is stored under one of a project's R2 keys; null for a key that none of the functions above makes. */
export function readKey(project: ProjectId, key: string): StoredObject | null {
  const [folder, , name = ""] = key.split("/");
  const stem = name.split(".")[0];
  const kind = folder === "blobs" ? "blob" : folder === "sources" ? "source" : "manifest";
  const sha = Digest.safeParse(stem);
  const deployment = DeploymentId.safeParse(stem);
  const objects: StoredObject[] = [
    ...(sha.success ? [{ kind, sha: sha.data } as const] : []),
    ...(deployment.success ? [{ kind: "log", deployment: deployment.data } as const] : []),
  ];
  return objects.find((object) => keyOf(project, object) === key) ?? null;
}

export function keyOf(project: ProjectId, object: StoredObject): string {
  switch (object.kind) {
    case "blob":
      return blobKey(project, object.sha);
    case "source":
      return sourceKey(project, object.sha);
    case "manifest":
      return manifestKey(project, object.sha);
    case "log":
      return logKey(project, object.deployment);
    default:
      return object satisfies never;
  }
}

/** KV: the copy of a route record. */
export function routeKey(project: ProjectId, channel: Channel): string {
  return `route/${project}/${channel}`;
}

/** KV: which project a host name belongs to. Preview hosts are found by the host of their project. */
export function hostKey(hostname: Hostname): string {
  return `host/${hostname}`;
}

/** The name of a rollout's `TrafficMeter` object. Only ids of a route record may be put in: naming an object starts it. */
export function trafficMeterName(project: ProjectId, rollout: RolloutId): string {
  return `${project}/${rollout}`;
}
