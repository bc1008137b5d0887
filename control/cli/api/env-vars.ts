import type * as z from "zod";
import { type ChangeVariables, EnvState, EnvValues, Resealed } from "../../../schema/contracts/env-vars.ts";
import type { Environment } from "../../../schema/environment.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import type { Requests } from "./requests.ts";

export function envVarCalls({ get, change }: Requests) {
  return {
    listVariables(project: ProjectId, environment: Environment): Promise<EnvState> {
      return get(`projects/${project}/env/${environment}`, EnvState);
    },
    readVariables(project: ProjectId, environment: Environment): Promise<EnvValues> {
      return get(`projects/${project}/env/${environment}/values`, EnvValues);
    },
    changeVariables(
      project: ProjectId,
      environment: Environment,
      body: z.input<typeof ChangeVariables>,
    ): Promise<EnvState> {
      return change("PATCH", `projects/${project}/env/${environment}`, body, EnvState);
    },
    resealVariables(project: ProjectId): Promise<Resealed> {
      return change("POST", `projects/${project}/env/reseal`, undefined, Resealed);
    },
  };
}
