/** Sample values without Node's help, for fixtures that run in workerd. */
import { Digest } from "../../schema/digest.ts";
import { Slug } from "../../schema/hostname.ts";
import { ProjectId } from "../../schema/ids.ts";

export const PROJECT = ProjectId.parse("prj_01a208a6-42c4-7532-9056-867fa76ef6cc");
export const SLUG = Slug.parse("hello");
export const digest = Digest.parse("0".repeat(64));
