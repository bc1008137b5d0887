import { SourceState, StoredBlobs } from "../../../schema/contracts/sources.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import type { SourceFile } from "../../../schema/source.ts";
import type { EncodedBatch } from "../blob-batch.ts";
import { accept, type Requests } from "./requests.ts";

export function sourceCalls({ change, connection }: Requests) {
  return {
    createSource(project: ProjectId, files: readonly SourceFile[]): Promise<SourceState> {
      return change("POST", `projects/${project}/sources`, { files }, SourceState);
    },
    async sendBlobs(project: ProjectId, { contentType, body }: EncodedBatch): Promise<StoredBlobs> {
      const path = `projects/${project}/blobs`;
      const headers = { "content-type": contentType };
      return accept(StoredBlobs, await connection.ask({ method: "POST", path, headers, body }), path);
    },
  };
}
