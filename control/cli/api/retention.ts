import { RetentionPlan, SweepState } from "../../../schema/contracts/retention.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import type { Requests } from "./requests.ts";

export function retentionCalls({ get, change }: Requests) {
  return {
    readRetentionPlan(project: ProjectId): Promise<RetentionPlan> {
      return get(`projects/${project}/retention/plan`, RetentionPlan);
    },
    /** Joins a sweep that runs already. */
    startSweep(project: ProjectId): Promise<SweepState> {
      return change("POST", `projects/${project}/retention/sweep`, undefined, SweepState);
    },
    readSweep(project: ProjectId): Promise<SweepState> {
      return get(`projects/${project}/retention/sweep`, SweepState);
    },
  };
}
