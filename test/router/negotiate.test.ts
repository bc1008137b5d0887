import { expect, it } from "vitest";
import { chooseEncoding } from "../../router/negotiate.ts";
import { ENV_DIGEST } from "../support/routes.ts";

const encodings = [
  { encoding: "br", size: 100, sha256: ENV_DIGEST },
  { encoding: "gzip", size: 140, sha256: ENV_DIGEST },
  { encoding: "zstd", size: 120, sha256: ENV_DIGEST },
];

function choose(header: string | null, available = encodings): string {
  const chosen = chooseEncoding(header, available);
  if (chosen === "none") return "406";
  return chosen?.encoding ?? "identity";
}

it.each([
  [null, "identity"],
  ["", "identity"],
  ["br", "br"],
  ["gzip, deflate, br, zstd", "br"],
  ["gzip, deflate", "gzip"],
  ["gzip, zstd", "zstd"],
  ["deflate", "identity"],
  ["*", "br"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["br;q=0.5, gzip;q=0.8", "gzip"],
  ["br ; q=0.5 , gzip;Q=0.8", "gzip"],
  ["br;q=1.0, gzip;q=0.001", "br"],
  ["br;q=0", "identity"],
  ["br;q=0.000, *", "zstd"],
  ["br;q=0, gzip;q=0, zstd;q=0, *", "identity"],
  ["identity", "identity"],
  ["identity, br", "br"],
  ["identity;q=1, br;q=0.5", "identity"],
  ["identity;q=0.5, br;q=0.5", "br"],
  ["identity;q=0, br", "br"],
  ["identity;q=0", "406"],
  ["identity;q=0, deflate", "406"],
  ["*;q=0", "406"],
  ["*;q=0, identity", "identity"],
  ["*;q=0, gzip;q=0.1", "gzip"],
  ["br;q=2", "identity"],
  ["br;q=abc, gzip", "gzip"],
  ["br;q=0.1234", "identity"],
  ["br;level=5", "identity"],
  [",,br,,", "br"],
  [";q=0", "identity"],
  [`${"br,".repeat(1_000)}gzip`, "identity"],
])("Accept-Encoding %j: %s", (header, expected) => {
  expect(choose(header)).toBe(expected);
});

it.each([
  ["br, gzip", "identity"],
  ["identity;q=0, br", "406"],
  ["*;q=0", "406"],
])("of a file without encodings, Accept-Encoding %j: %s", (header, expected) => {
  expect(choose(header, [])).toBe(expected);
});
