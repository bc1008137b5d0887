import { describe, expect, it } from "vitest";
import { planQueue } from "../../../control/project/build-queue.ts";
import { deploymentId } from "../../support/samples.ts";

const queued = (number: number) => ({ id: deploymentId(number), phase: "queued" as const });
const running = (number: number) => ({ id: deploymentId(number), phase: "install" as const });

describe("planQueue", () => {
  it("starts the only one that waits", () => {
    expect(planQueue([queued(1)])).toEqual({ start: deploymentId(1), replaced: [] });
  });

  it("one at a time: the newest waits while another runs", () => {
    expect(planQueue([running(1), queued(2)])).toEqual({ start: null, replaced: [] });
  });

  it("of those waiting the newest wins", () => {
    expect(planQueue([queued(3), running(1), queued(2)])).toEqual({ start: null, replaced: [deploymentId(2)] });
    expect(planQueue([queued(3), queued(4), queued(2)])).toEqual({
      start: deploymentId(4),
      replaced: [deploymentId(2), deploymentId(3)],
    });
  });

  it("has nothing to do on an idle channel", () => {
    expect(planQueue([])).toEqual({ start: null, replaced: [] });
  });
});
