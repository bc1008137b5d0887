import { CreateSource, SourceState, StoredBlobs } from "../../schema/contracts/sources.ts";
import { Digest, sha256 } from "../../schema/digest.ts";
import { MAX_BLOB_BATCH_COUNT, MAX_FILE_BYTES, MAX_SOURCE_BYTES } from "../../schema/limits.ts";
import { encodeSource, sourceSha } from "../../schema/source.ts";
import { missingFrom } from "../project/stored-blobs.ts";
import { ProblemError } from "./problem-error.ts";
import { createRoutes, defineRoute, json, jsonBody, ProjectParams } from "./route.ts";
import { patiently } from "./storage-patience.ts";
import { unwrap } from "./unwrap.ts";

const createSourceRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/sources",
  tags: ["Sources"],
  scope: "deploy",
  summary: "Ask which blobs of a file list are missing; once none is, commit it",
  request: { params: ProjectParams, body: jsonBody(CreateSource) },
  responses: {
    201: json(SourceState, "Committed: it can be deployed."),
    202: json(SourceState, "Send the blobs in `missing`, then send the list again."),
  },
});

const sendBlobsRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/blobs",
  tags: ["Sources"],
  scope: "deploy",
  summary: "Send blobs",
  description: `Multipart: 1 to ${MAX_BLOB_BATCH_COUNT} files, each part named by the sha256 of its bytes. All are stored, or none.`,
  request: {
    params: ProjectParams,
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            additionalProperties: { type: "string", contentMediaType: "application/octet-stream" },
          },
        },
      },
    },
  },
  responses: { 201: json(StoredBlobs, "Stored.") },
});

export function sourceRoutes() {
  const routes = createRoutes();

  routes.openapi(createSourceRoute, async (c) => {
    const { store } = c.var.deps;
    const { project, object, actor } = c.var;
    const { files } = c.req.valid("json");
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    if (bytes > MAX_SOURCE_BYTES) {
      throw new ProblemError(
        "body_too_large",
        `The files have ${bytes} bytes together; at most ${MAX_SOURCE_BYTES} are allowed.`,
      );
    }
    const source = await sourceSha(files);
    const shas = files.map((file) => file.sha256);
    const state = await patiently(c, async () => {
      const announced = await object.announceSource(source, shas);
      if (announced.kind === "busy") return null;
      const { stored, generation } = announced;
      const wrong = files.findIndex((file) => (stored.get(file.sha256) ?? file.size) !== file.size);
      if (wrong !== -1) {
        const message = `is not the size of the blob, which has ${stored.get(shas[wrong] ?? source)} bytes`;
        throw new ProblemError("body_invalid", "A file's size is not that of its bytes. Read the folder again.", [
          { path: `files.${wrong}.size`, message },
        ]);
      }
      const missing = missingFrom(stored, shas);
      if (missing.length > 0) return { source, committed: false, missing };
      // The stored list first: a recorded source can always be read.
      await store.putSource(project.id, source, encodeSource(files));
      const stillHeld = unwrap(
        await object.recordSource({ sha: source, files: files.length, bytes, generation }, actor),
      );
      return stillHeld ? { source, committed: true, missing } : null;
    });
    return c.json(state, state.committed ? 201 : 202);
  });

  routes.openapi(sendBlobsRoute, async (c) => {
    const { store } = c.var.deps;
    const { project, object } = c.var;
    const blobs = await readBlobs(c.req.raw);
    const written = blobs.map(({ sha, bytes }) => ({ sha, size: bytes.byteLength }));
    const stored = await patiently(c, async () => {
      const announced = await object.announceBlobs(written);
      if (announced.kind === "busy") return null;
      await Promise.all(blobs.map(({ sha, bytes }) => store.putBlob(project.id, sha, bytes)));
      // Only now: a recorded blob is a stored blob.
      return (await object.recordBlobs(written, announced.generation)) ? written.length : null;
    });
    return c.json({ stored }, 201);
  });

  return routes;
}

async function readBlobs(request: Request): Promise<{ sha: Digest; bytes: ArrayBuffer }[]> {
  const form = await request.formData().catch(() => {
    throw new ProblemError("body_invalid", "Send multipart/form-data; each part's name is the sha256 of its bytes.");
  });
  const parts = [...form.entries()];
  if (parts.length === 0 || parts.length > MAX_BLOB_BATCH_COUNT) {
    throw new ProblemError("body_invalid", `Send 1 to ${MAX_BLOB_BATCH_COUNT} blobs in one request.`);
  }
  return Promise.all(
    parts.map(async ([name, part]) => {
      const sha = Digest.safeParse(name);
      if (!sha.success)
        throw new ProblemError(
          "body_invalid",
          `The part "${name.slice(0, 80)}" must be named by the sha256 of its bytes.`,
        );
      if (typeof part === "string") {
        throw new ProblemError(
          "body_invalid",
          `The part ${sha.data} has no filename, so that its bytes were read as text. Send each part as a file, with any filename.`,
        );
      }
      const bytes = await part.arrayBuffer();
      if (bytes.byteLength > MAX_FILE_BYTES)
        throw new ProblemError("body_too_large", `A file may have at most ${MAX_FILE_BYTES} bytes.`);
      const actual = await sha256(bytes);
      if (actual !== sha.data) {
        throw new ProblemError(
          "blob_mismatch",
          `The part named ${sha.data} has bytes whose sha256 is ${actual}. Nothing of this request was stored; send it again.`,
        );
      }
      return { sha: sha.data, bytes };
    }),
  );
}
