/** Storage names are a contract with what is stored already: each is written out. */
import { expect, it } from "vitest";
import { Channel, Hostname } from "../../schema/hostname.ts";
import { blobKey, hostKey, logKey, manifestKey, routeKey, sourceKey } from "../../schema/keys.ts";
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
