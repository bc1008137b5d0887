import { describe, expect, it } from "vitest";
import { describeFailure } from "../../../control/cli/describe-failure.ts";

describe("a failure", () => {
  it.each([
    ["The output folder has no files.", "The output folder has no files.", ""],
    ["The bundle could not be stored", "The bundle could not be stored. Deploy again.", "Deploy again."],
    ["`npm ci` ended with exit code 1.", "Its own words are in the log.", "Its own words are in the log."],
    ["There are two of them.", "Correct atelier.config.ts; read on.", "Correct atelier.config.ts; read on."],
  ])("says a sentence once that detail and help share: %s", (detail, help, rest) => {
    expect(describeFailure({ detail, help })).toEqual({ detail: detail.replace(/\.?$/, "."), help: rest });
  });
});
