/** Storage names are a contract with what is stored already: each is written out. */
import { expect, it } from "vitest";
import { Channel, Hostname } from "../../schema/hostname.ts";
import {
  blobKey,
  hostKey,
  keyOf,
  logKey,
  manifestKey,
  projectPrefixes,
  readKey,
  routeKey,
  type StoredObject,
  sourceKey,
} from "../../schema/keys.ts";
import { DEPLOYMENT, digestOf, PROJECT } from "./examples.ts";

const SHA = "a".repeat(64);

it.each([
  ["a blob", blobKey(PROJECT, digestOf("a")), `blobs/${PROJECT}/${SHA}`],
  ["a source", sourceKey(PROJECT, digestOf("a")), `sources/${PROJECT}/${SHA}.json`],
  ["a manifest", manifestKey(PROJECT, digestOf("a")), `bundles/${PROJECT}/${SHA}/manifest.json`],
  ["a log", logKey(PROJECT, DEPLOYMENT), `logs/${PROJECT}/${DEPLOYMENT}.ndjson`],
  ["a route in KV", routeKey(PROJECT, Channel.parse("pr-42")), `route/${PROJECT}/pr-42`],
  ["a host in KV", hostKey(Hostname.parse("www.example.com")), "host/www.example.com"],
])("the key of %s", (_, key, expected) => {
  expect(key).toBe(expected);
  // KV keys end at 512 bytes, R2 keys at 1 024.
  expect(key.length).toBeLessThanOrEqual(512);
});

it("the longest host name fits into a KV key", () => {
  const longest = Array.from({ length: 4 }, () => "a".repeat(62)).join(".");
  expect(hostKey(Hostname.parse(longest)).length).toBeLessThanOrEqual(512);
});

it.each<StoredObject>([
  { kind: "blob", sha: digestOf("a") },
  { kind: "source", sha: digestOf("a") },
  { kind: "manifest", sha: digestOf("a") },
  { kind: "log", deployment: DEPLOYMENT },
])("the key of a $kind is read back, and lies under a prefix of the project", (object) => {
  const key = keyOf(PROJECT, object);
  expect(readKey(PROJECT, key)).toEqual(object);
  expect(projectPrefixes(PROJECT).filter((prefix) => key.startsWith(prefix))).toHaveLength(1);
});

it.each([
  "",
  `blobs/${PROJECT}/`,
  `blobs/${PROJECT}/${SHA.slice(1)}`,
  `blobs/${PROJECT}/${SHA}.json`,
  `blobs/${PROJECT}/${SHA}/x`,
  `blobs/${PROJECT.replace("prj_0", "prj_1")}/${SHA}`,
  `blobs/${PROJECT}/${DEPLOYMENT}`,
  `sources/${PROJECT}/${SHA}`,
  `bundles/${PROJECT}/${SHA}/manifest.json.gz`,
  `logs/${PROJECT}/${SHA}.ndjson`,
  `other/${PROJECT}/${SHA}`,
])("%j is not a key of the project", (key) => {
  expect(readKey(PROJECT, key)).toBeNull();
});
