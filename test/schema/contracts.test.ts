/** What the bodies and answers of the API, the builder and the router accept and refuse. */
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { AtelierConfig } from "../../schema/contracts/atelier-config.ts";
import { BuildEvent, BuildJob, ReadBuildEvents, UploadRequest } from "../../schema/contracts/build.ts";
import { Flip, Promote, Release, Rollback } from "../../schema/contracts/channels.ts";
import {
  Commit,
  CreateDeployment,
  Deployment,
  ListDeployments,
  LogLine,
  ReadLogs,
} from "../../schema/contracts/deployments.ts";
import { EVENT_TYPES, ListEvents, ProjectEvent } from "../../schema/contracts/events.ts";
import { CreateProject, Project } from "../../schema/contracts/projects.ts";
import { RouteAnswer } from "../../schema/contracts/route-lookup.ts";
import { CreateSource, SourceState } from "../../schema/contracts/sources.ts";
import { AT, DEPLOYMENT, deployment, digestOf, PROJECT, routeRecord, sourceFile } from "./examples.ts";

const SHA = digestOf("a");
const STORAGE = { bucket: "atelier", accessKeyId: "id", secretAccessKey: "secret" };
const EVENT = { n: 1, at: AT, step: "build" };

type Table = {
  readonly schema: z.ZodType;
  readonly valid: Readonly<Record<string, unknown>>;
  /** Each alone makes the valid one invalid. */
  readonly refused: Readonly<Record<string, unknown>>;
  /** Each alone leaves it valid. */
  readonly accepted?: Readonly<Record<string, unknown>>;
};

const TABLES: Readonly<Record<string, Table>> = {
  CreateProject: {
    schema: CreateProject,
    valid: { slug: "shop" },
    accepted: { "a name": { name: " My shop " } },
    refused: {
      "no slug": { slug: undefined },
      "a slug that is none": { slug: "My Shop" },
      "an empty name": { name: "  " },
      "a long name": { name: "a".repeat(101) },
      "an unknown field": { owner: "me" },
    },
  },
  Project: {
    schema: Project,
    valid: {
      id: PROJECT,
      slug: "shop",
      name: "Shop",
      url: "http://shop.apps.localhost:8787/",
      createdAt: AT,
      deletion: null,
    },
    accepted: { "a field of a later version": { region: "eu" } },
    refused: {
      "a deployment's id": { id: DEPLOYMENT },
      "a URL that is none": { url: "shop" },
      "a day instead of a time": { createdAt: "2026-11-23" },
    },
  },
  CreateSource: {
    schema: CreateSource,
    valid: { files: [sourceFile("a")] },
    refused: {
      "no files": { files: [] },
      "a path twice": { files: [sourceFile("a"), sourceFile("a")] },
      "an unknown field": { name: "x" },
    },
  },
  SourceState: {
    schema: SourceState,
    valid: { source: SHA, committed: false, missing: [SHA] },
    refused: { "a source that is none": { source: "a" }, "a blob that is none": { missing: ["a"] } },
  },
  Commit: {
    schema: Commit,
    valid: { sha: "0123abc" },
    accepted: {
      "a sha256 as its id": { sha: "a".repeat(64) },
      everything: { branch: "main", message: "m".repeat(2_000), author: "Ada", dirty: true },
    },
    refused: {
      "an id too short": { sha: "012345" },
      "a branch as its id": { sha: "main" },
      "a long message": { message: "m".repeat(2_001) },
      "an unknown field": { url: "http://x.test" },
    },
  },
  CreateDeployment: {
    schema: CreateDeployment,
    valid: { source: SHA },
    accepted: {
      "a preview": { channel: "pr-42" },
      "a commit": { commit: { sha: "0123abc" } },
      "a message": { message: "Try it" },
      fresh: { fresh: true },
    },
    refused: {
      "no source": { source: undefined },
      "a channel that is none": { channel: "staging" },
      "an empty message": { message: " " },
      "a long message": { message: "m".repeat(501) },
      "text for a flag": { fresh: "true" },
      "an unknown field": { force: true },
    },
  },
  Deployment: {
    schema: Deployment,
    valid: deployment(),
    accepted: {
      "one that builds": { status: "building", phase: "install", build: null, bundle: null },
      "one that failed": {
        status: "failed",
        failure: { reason: "build_failed", detail: "exit code 1", help: "Read the log." },
      },
      "a field of a later version": { functions: 3 },
    },
    refused: {
      "a status that is none": { status: "ready" },
      "a phase that is none": { phase: "migrate?" },
      "a reason that is none": { failure: { reason: "bad_luck", detail: "", help: "" } },
      "no bundle at all": { bundle: undefined },
      "a short build SHA": { build: "a".repeat(12) },
    },
  },
  ListDeployments: {
    schema: ListDeployments,
    valid: {},
    accepted: { "a filter": { channel: "pr-42", status: "failed", limit: "100", cursor: DEPLOYMENT } },
    refused: {
      "a limit of none": { limit: "0" },
      "a limit beyond": { limit: "101" },
      "no number": { limit: "many" },
      "half a one": { limit: "1.5" },
      "a cursor beyond all length": { cursor: "7".repeat(501) },
    },
  },
  LogLine: {
    schema: LogLine,
    valid: { seq: 1, at: AT, kind: "output", step: "build", text: "" },
    refused: {
      "a number below one": { seq: 0 },
      "a kind that is none": { kind: "debug" },
      "no text": { text: undefined },
    },
  },
  ReadLogs: {
    schema: ReadLogs,
    valid: {},
    accepted: { "a cursor": { after: "17", follow: "true" } },
    refused: { "a cursor below zero": { after: "-1" }, "a flag in other words": { follow: "yes" } },
  },
  Promote: {
    schema: Promote,
    valid: { deployment: DEPLOYMENT },
    accepted: {
      everything: { reason: "It works", expectedRev: 7, force: true },
      "the revision of a channel on which nothing was": { expectedRev: 0 },
    },
    refused: {
      "a project's id": { deployment: PROJECT },
      "an empty reason": { reason: " " },
      "a long reason": { reason: "r".repeat(501) },
      "a revision below zero": { expectedRev: -1 },
      "an unknown field": { channel: "production" },
    },
  },
  Rollback: {
    schema: Rollback,
    valid: {},
    accepted: { everything: { reason: "It broke", expectedRev: 7 } },
    refused: { "a deployment, which is for promote": { deployment: DEPLOYMENT }, "an empty reason": { reason: "" } },
  },
  Flip: {
    schema: Flip,
    valid: { changed: true, route: routeRecord(), url: "http://shop.apps.localhost:8787/" },
    refused: { "no route": { route: null }, "a URL that is none": { url: "/" } },
  },
  Release: {
    schema: Release,
    valid: {
      id: 1,
      channel: "production",
      kind: "rollback",
      deployment: DEPLOYMENT,
      build: SHA,
      env: SHA,
      rev: 2,
      by: "tests",
      byToken: "0123456789abcdef",
      reason: null,
      at: AT,
    },
    refused: { "a kind that is none": { kind: "hotfix" }, "a revision of zero": { rev: 0 } },
  },
  ProjectEvent: {
    schema: ProjectEvent,
    valid: {
      seq: 1,
      version: 2,
      at: AT,
      type: "route.flipped",
      actor: "tests",
      actorToken: "0123456789abcdef",
      channel: null,
      deployment: null,
      reason: null,
      data: { rev: 2 },
      previous: SHA,
      hash: SHA,
    },
    accepted: {
      "the platform": { actor: "platform", actorToken: null },
      "one of before": { version: 1, actorToken: null },
    },
    refused: {
      "a type that is none": { type: "route.lost" },
      "data that is no record": { data: [] },
      "a version of later": { version: 3 },
    },
  },
  ListEvents: {
    schema: ListEvents,
    valid: {},
    accepted: { "a page": { after: "10", limit: "500" } },
    refused: { "a limit beyond": { limit: "501" }, "a cursor below zero": { after: "-1" } },
  },
  RouteAnswer: {
    schema: RouteAnswer,
    valid: { kind: "route", record: routeRecord() },
    accepted: { "an empty channel": { kind: "empty", building: true, rev: 0 }, "a lost host": { kind: "not_owned" } },
    refused: { "a kind that is none": { kind: "gone" }, "no record": { record: null } },
  },
  BuildJob: {
    schema: BuildJob,
    valid: {
      version: 1,
      deployment: DEPLOYMENT,
      attempt: 1,
      project: PROJECT,
      source: SHA,
      env: SHA,
      storage: STORAGE,
    },
    accepted: { "a second attempt": { attempt: 2 }, "a session token": { storage: { ...STORAGE, sessionToken: "t" } } },
    refused: {
      "another version": { version: 2 },
      "a third attempt": { attempt: 3 },
      "a grant with an endpoint": { storage: { ...STORAGE, endpoint: "http://elsewhere.test" } },
      "an unknown field": { command: "rm" },
    },
  },
  BuildEvent: {
    schema: BuildEvent,
    valid: { ...EVENT, type: "output", stream: "stderr", text: "words" },
    accepted: {
      "a step": { type: "step" },
      "a note": { type: "note" },
      built: { type: "built", build: SHA, files: 2, bytes: 10, config: {} },
      uploaded: { type: "uploaded", blobs: 0, bytes: 0 },
      failed: { type: "failed", reason: "install_failed", detail: "npm" },
    },
    refused: {
      "a number below one": { n: 0 },
      "a type that is none": { type: "progress" },
      "a stream that is none": { stream: "stdin" },
      "a config that is invalid": { type: "built", build: SHA, files: 2, bytes: 10, config: { build: { cmd: "x" } } },
      "a reason that is none": { type: "failed", reason: "oops", detail: "" },
    },
  },
  UploadRequest: {
    schema: UploadRequest,
    valid: { attempt: 1, storage: STORAGE, missing: [] },
    refused: { "a blob that is none": { missing: ["x"] }, "an attempt of zero": { attempt: 0 } },
  },
  ReadBuildEvents: {
    schema: ReadBuildEvents,
    valid: {},
    accepted: { "a cursor": { after: "12" } },
    refused: { "no number": { after: "x" }, "below zero": { after: "-1" } },
  },
  AtelierConfig: {
    schema: AtelierConfig,
    valid: {},
    accepted: {
      "its own build": { build: { command: "npm run make", output: "public/build" } },
      "the canary of the documentation": {
        deployments: {
          canary: {
            stages: [10, 50, 100],
            observationWindowSec: 300,
            autoRollback: { errorRateThreshold: 0.02, latencyP95Threshold: 1.5 },
          },
        },
      },
      "no canary": { deployments: { canary: "skip" } },
      "a rollout that wants evidence": {
        deployments: { canary: { stages: [0.5, 100], minVisitors: 500, onInconclusive: "hold", maxHoldSec: 7_200 } },
      },
    },
    refused: {
      "a field that is not known": { builds: {} },
      "an output that leads out": { build: { output: "../dist" } },
      "an absolute output": { build: { output: "/dist" } },
      "an empty command": { build: { command: "" } },
      "stages that fall": { deployments: { canary: { stages: [50, 10, 100] } } },
      "stages that stand": { deployments: { canary: { stages: [50, 50, 100] } } },
      "stages that never end": { deployments: { canary: { stages: [5, 50] } } },
      "a stage of nobody": { deployments: { canary: { stages: [0, 100] } } },
      "a stage between two basis points": { deployments: { canary: { stages: [33.333, 100] } } },
      "a stage below a basis point": { deployments: { canary: { stages: [0.005, 100] } } },
      "half a visitor": { deployments: { canary: { minVisitors: 0.5 } } },
      "another way out": { deployments: { canary: { onInconclusive: "retry" } } },
      "a hold without end": { deployments: { canary: { maxHoldSec: 10_000_000 } } },
      "no stage": { deployments: { canary: { stages: [] } } },
      "a window too short": { deployments: { canary: { observationWindowSec: 9 } } },
      "a threshold in percent": { deployments: { canary: { autoRollback: { errorRateThreshold: 2 } } } },
      "a latency that may not rise": { deployments: { canary: { autoRollback: { latencyP95Threshold: 1 } } } },
      "another word than skip": { deployments: { canary: "off" } },
    },
  },
};

describe.each(Object.entries(TABLES))("%s", (_, { schema, valid, accepted = {}, refused }) => {
  it("accepts the valid one", () => {
    expect(schema.safeParse(valid).error).toBeUndefined();
  });

  it.each(Object.entries(accepted))("accepts %s", (__, change) => {
    expect(schema.safeParse({ ...valid, ...(change as object) }).error).toBeUndefined();
  });

  it.each(Object.entries(refused))("refuses %s", (__, change) => {
    expect(schema.safeParse({ ...valid, ...(change as object) }).success).toBe(false);
  });

  it.each([null, undefined, [], "text", 7])("refuses %j in its place", (value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});

describe("defaults", () => {
  it.each([
    [
      "a deployment goes to production and may reuse a bundle",
      CreateDeployment,
      { source: SHA },
      { channel: "production", fresh: false },
    ],
    [
      "a promote is not forced, and brings the deployment's own variables",
      Promote,
      { deployment: DEPLOYMENT },
      { force: false, env: "snapshot" },
    ],
    ["a page has 20 deployments", ListDeployments, {}, { limit: 20 }],
    ["a page has 100 events from the first on", ListEvents, {}, { after: 0, limit: 100 }],
    ["a log is read from its beginning, as it is now", ReadLogs, {}, { after: 0, follow: "false" }],
    ["build events are read from the first on", ReadBuildEvents, {}, { after: 0 }],
  ] as const)("%s", (_, schema, given, expected) => {
    expect(schema.parse(given)).toMatchObject(expected);
  });

  it("text for people is trimmed", () => {
    expect(CreateProject.parse({ slug: "shop", name: " My shop " }).name).toBe("My shop");
    expect(Rollback.parse({ reason: " It broke\n" }).reason).toBe("It broke");
  });

  it("text for people is well-formed, whatever a client cut in two", () => {
    const cut = "🚀".slice(0, 1);
    expect(Rollback.parse({ reason: `Up ${cut}` }).reason).toBe("Up \ufffd");
    expect(CreateDeployment.parse({ source: SHA, message: `${cut} 🚀` }).message).toBe("\ufffd 🚀");
    expect(Commit.parse({ sha: "abcdef1", author: cut }).author).toBe("\ufffd");
  });
});

describe("the types of events", () => {
  it("are named by what they are about and what happened to it", () => {
    for (const type of EVENT_TYPES)
      expect(type).toMatch(
        /^(?:project|source|deployment|route|rollout|channel|webhook|variables|retention)\.[a-z_]+$/,
      );
    expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
  });
});
