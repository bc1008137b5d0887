import type { ProjectDetails } from "../../../schema/contracts/projects.ts";
import { makeFolder } from "./make-folder.ts";
import { type CliWithApi, startCliWithApi } from "./run-cli.ts";

export type CliWithShop = CliWithApi & { readonly shop: ProjectDetails; readonly cwd: string };

/** A fake API that has the project `shop`, and a folder of its app. */
export async function startWithShop(): Promise<CliWithShop> {
  const started = await startCliWithApi();
  const cwd = await makeFolder({ "package.json": '{"name":"@acme/Shop"}' });
  return { ...started, shop: started.api.addProject("shop"), cwd };
}
