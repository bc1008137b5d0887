/** Deploys by the API alone, as Studio does. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Flip } from "../../schema/contracts/channels.ts";
import { Deployment, LogLine } from "../../schema/contracts/deployments.ts";
import { EventPage, type ProjectEvent } from "../../schema/contracts/events.ts";
import { SourceState } from "../../schema/contracts/sources.ts";
import { isInProgress } from "../../schema/lifecycle.ts";
import { type RawResponse, send } from "./http.ts";
import { API_HOST } from "./world-config.ts";

export type ApiTarget = { readonly origin: string; readonly token: string };

export function callApi(target: ApiTarget, method: string, path: string, body?: unknown): Promise<RawResponse> {
  const headers = { authorization: `Bearer ${target.token}`, "content-type": "application/json" };
  return send(target.origin, API_HOST, `/v1${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Sends the files, as text by path, and what is missing of them. @returns the source SHA */
export async function sendSource(
  target: ApiTarget,
  project: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const blobs = new Map(Object.values(files).map((text) => [sha256(text), text]));
  const list = Object.entries(files).map(([path, text]) => ({
    path,
    mode: "file",
    size: Buffer.byteLength(text),
    sha256: sha256(text),
  }));
  const ask = async () =>
    SourceState.parse(
      JSON.parse((await callApi(target, "POST", `/projects/${project}/sources`, { files: list })).text),
    );
  const { missing } = await ask();
  if (missing.length > 0) {
    const form = new FormData();
    for (const sha of missing) form.append(sha, new Blob([blobs.get(sha) ?? ""]));
    const encoded = new Request("http://localhost/", { method: "POST", body: form });
    const stored = await send(target.origin, API_HOST, `/v1/projects/${project}/blobs`, {
      method: "POST",
      headers: { authorization: `Bearer ${target.token}`, "content-type": encoded.headers.get("content-type") ?? "" },
      body: Buffer.from(await encoded.arrayBuffer()),
    });
    if (stored.status !== 201) throw new Error(`blobs were refused: ${stored.text}`);
  }
  const state = await ask();
  if (!state.committed) throw new Error("the source was not committed");
  return state.source;
}

export async function createDeployment(
  target: ApiTarget,
  project: string,
  body: Record<string, unknown>,
): Promise<Deployment> {
  const response = await callApi(target, "POST", `/projects/${project}/deployments`, body);
  if (response.status !== 202) throw new Error(`the deployment was refused: ${response.text}`);
  return Deployment.parse(JSON.parse(response.text));
}

export async function readDeployment(target: ApiTarget, { project, id }: Deployment): Promise<Deployment> {
  return Deployment.parse(JSON.parse((await callApi(target, "GET", `/projects/${project}/deployments/${id}`)).text));
}

/** Waits until a deployment is no longer in progress, calling `between` after every look. */
export async function settled(
  target: ApiTarget,
  deployment: Deployment,
  between: (now: Deployment) => Promise<unknown> = async () => {},
): Promise<Deployment> {
  for (;;) {
    const now = await readDeployment(target, deployment);
    if (!isInProgress(now.status)) return now;
    await between(now);
    await sleep(50);
  }
}

export async function deployFiles(
  target: ApiTarget,
  project: string,
  files: Readonly<Record<string, string>>,
  options: Record<string, unknown> = {},
): Promise<Deployment> {
  const source = await sendSource(target, project, files);
  return settled(target, await createDeployment(target, project, { source, ...options }));
}

export function cancel(
  target: ApiTarget,
  { project, id }: Deployment,
  body: { reason?: string } = {},
): Promise<RawResponse> {
  return callApi(target, "POST", `/projects/${project}/deployments/${id}/cancel`, body);
}

/** The log as it is now. */
export async function readLogLines(target: ApiTarget, { project, id }: Deployment): Promise<LogLine[]> {
  const { text } = await callApi(target, "GET", `/projects/${project}/deployments/${id}/logs`);
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => LogLine.parse(JSON.parse(line)));
}

export async function readEvents(target: ApiTarget, project: string, query = ""): Promise<ProjectEvent[]> {
  const { text } = await callApi(target, "GET", `/projects/${project}/events?limit=500${query}`);
  return EventPage.parse(JSON.parse(text)).events;
}

export async function promote(target: ApiTarget, { project, channel, id }: Deployment): Promise<Flip> {
  const path = `/projects/${project}/channels/${channel}/promote`;
  const response = await callApi(target, "POST", path, { deployment: id });
  if (response.status !== 200) throw new Error(`the promote was refused: ${response.text}`);
  return Flip.parse(JSON.parse(response.text));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
