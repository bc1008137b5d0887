import { expect, it } from "vitest";
import { parseJson } from "../../schema/parse-json.ts";

it.each([
  ['{"a":1}', { a: 1 }],
  ["null", null],
  ["", undefined],
  ["<html>", undefined],
])("JSON of %j is its value, and of anything else undefined", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});
