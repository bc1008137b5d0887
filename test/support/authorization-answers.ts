/**
 * What each change of the matrix sends, and the one answer that whoever may ask for it hears. The owners' things are made so that all of
 * them succeed, as often as there are roles, but for the second way to end the one rollout: any other refusal is a wrong one.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Outcome } from "./authorization-judge.ts";
import type { Owner } from "./authorization-subjects.ts";

export type Change = Outcome & {
  /** Besides the fields that name things. */
  readonly body?: (owner: Owner) => object;
};

export const TEXT = "{}";
const SHA = createHash("sha256").update(TEXT).digest("hex");
export const FILES = { "package.json": TEXT };
const LIST = [{ path: "package.json", mode: "file", size: TEXT.length, sha256: SHA }];

/**
 * By method and path, in the order in which they are asked for: what takes most away comes last. What only reads answers 200, needs no row,
 * and comes before all of them.
 */
export const CHANGES: Readonly<Record<string, Change>> = {
  "PATCH /v1/projects/{project}": { status: 200, body: () => ({ name: "Matrix" }) },
  "PATCH /v1/projects/{project}/deployments/{deployment}": { status: 200, body: () => ({ pinned: true }) },
  "PATCH /v1/projects/{project}/webhooks/{webhook}": { status: 200, body: () => ({ description: "Matrix" }) },
  "PATCH /v1/projects/{project}/env/{environment}": {
    status: 200,
    body: () => ({ set: [{ name: "MATRIX", value: "yes", visibility: "secret" }] }),
  },
  "POST /v1/projects/{project}/env/reseal": { status: 200 },
  "POST /v1/projects": { status: 201, body: () => ({ slug: `matrix-new-${randomBytes(4).toString("hex")}` }) },
  "POST /v1/projects/{project}/restore": { status: 200 },
  "POST /v1/projects/{project}/sources": { status: 201, body: () => ({ files: LIST }) },
  "POST /v1/projects/{project}/blobs": { status: 201 },
  "POST /v1/projects/{project}/channels/{channel}/promote": { status: 200 },
  "POST /v1/projects/{project}/channels/{channel}/rollback": { status: 200 },
  "POST /v1/projects/{project}/rollouts/{rollout}/preview": { status: 200, body: () => ({ variant: "canary" }) },
  "POST /v1/projects/{project}/rollouts/{rollout}/pause": { status: 200 },
  "POST /v1/projects/{project}/rollouts/{rollout}/resume": { status: 200 },
  "POST /v1/projects/{project}/rollouts/{rollout}/advance": { status: 200 },
  "POST /v1/projects/{project}/rollouts/{rollout}/complete": { status: 200 },
  "POST /v1/projects/{project}/rollouts/{rollout}/abort": { status: 409, code: "rollout_over" },
  "POST /v1/projects/{project}/deployments": { status: 202, body: ({ source }) => ({ source }) },
  "POST /v1/projects/{project}/deployments/{deployment}/cancel": { status: 200 },
  "POST /v1/projects/{project}/deployments/{deployment}/retry": { status: 202 },
  "POST /v1/projects/{project}/retention/sweep": { status: 202 },
  "POST /v1/projects/{project}/webhooks": { status: 201, body: () => ({ url: "https://receiver.example/more" }) },
  "POST /v1/projects/{project}/webhooks/{webhook}/rotate": { status: 200 },
  "POST /v1/projects/{project}/webhooks/{webhook}/deliveries/{delivery}/redeliver": { status: 202 },
  "DELETE /v1/projects/{project}/webhooks/{webhook}": { status: 204 },
  "DELETE /v1/projects/{project}/channels/{channel}": { status: 200 },
  "POST /v1/tokens": { status: 201, body: ({ id }) => ({ name: "Matrix", scopes: ["read"], projects: [id] }) },
  "DELETE /v1/tokens/{token}": { status: 200 },
  "DELETE /v1/projects/{project}": { status: 200 },
};

/** The blob of the owners' source. */
export const BLOB_FORM = {
  headers: { "content-type": "multipart/form-data; boundary=matrix" },
  body: `--matrix\r\ncontent-disposition: form-data; name="${SHA}"; filename="f"\r\n\r\n${TEXT}\r\n--matrix--\r\n`,
};
