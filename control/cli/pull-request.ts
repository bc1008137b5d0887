import { Channel, PRODUCTION } from "../../schema/hostname.ts";

/** The channel that `--pr` names, without it production. */
export function channelOf(pr: number | undefined): Channel {
  return pr === undefined ? PRODUCTION : Channel.parse(`pr-${pr}`);
}
