/** `atelier channels` and `atelier releases`. */
import { describe, expect, it } from "vitest";
import { ChannelPage, ChannelState, ReleasePage } from "../../../schema/contracts/channels.ts";
import { Channel } from "../../../schema/hostname.ts";
import { startWithShop } from "./start-with-shop.ts";

const PREVIEW = Channel.parse("pr-7");

describe.concurrent("channels", () => {
  it("shows what is live on each, and as a page with --json", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const production = await api.addDeployment(shop);
    const preview = await api.addDeployment(shop, { channel: PREVIEW });
    const [head, ...lines] = (await run(["channels"], { cwd })).stdout.trimEnd().split("\n");
    expect(head).toMatch(/^CHANNEL +REV +BUILD +DEPLOYMENT +URL$/);
    expect(lines).toEqual([
      `pr-7        6    b1b1b1b1b1b1  ${preview.id}  ${preview.url}`,
      `production  6    b1b1b1b1b1b1  ${production.id}  ${production.url}`,
    ]);
    const { stdout } = await run(["channels", "list", "--json"], { cwd });
    expect(ChannelPage.parse(JSON.parse(stdout)).channels.map(({ channel }) => channel)).toEqual([
      "pr-7",
      "production",
    ]);
  });

  it("deletes a preview, with a reason", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    await api.addDeployment(shop, { channel: PREVIEW });
    const { code, stdout, stderr } = await run(["channels", "delete", "pr-7", "--reason", "Merged", "--json"], { cwd });
    expect(code).toBe(0);
    expect(ChannelState.parse(JSON.parse(stdout)).route).toBeNull();
    expect(stderr).toBe("  ✔ Deleted the channel pr-7 of shop. The next sweep removes its bundles.\n");
    expect(api.seen.at(-1)).toMatchObject({
      method: "DELETE",
      path: `/projects/${shop.id}/channels/pr-7?reason=Merged`,
    });
  });

  it("does not delete production", async () => {
    const { run, cwd } = await startWithShop();
    const { code, stderr } = await run(["channels", "delete", "production"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("(channel_protected)");
  });
});

describe.concurrent("releases", () => {
  it("shows the history of a channel, newest first", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const first = await api.addDeployment(shop, { channel: PREVIEW });
    const second = await api.addDeployment(shop, { channel: PREVIEW });
    const [head, ...lines] = (await run(["releases", "--pr", "7"], { cwd })).stdout.trimEnd().split("\n");
    expect(head).toMatch(/^REV +KIND +DEPLOYMENT +BUILD +AGE +BY$/);
    expect(lines[0]).toMatch(new RegExp(`^2 +deploy +${second.id} +b1b1b1b1b1b1 +\\ds ago +tests$`));
    expect(lines[1]).toMatch(new RegExp(`^1 +deploy +${first.id} `));
  });

  it("gives a page, or with --all every page as one", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    for (let index = 0; index < 210; index++) await api.addDeployment(shop);
    const one = ReleasePage.parse(JSON.parse((await run(["releases", "--limit", "5", "--json"], { cwd })).stdout));
    expect(one.releases.map(({ rev }) => rev)).toEqual([210, 209, 208, 207, 206]);
    expect(one.next).not.toBeNull();
    const all = ReleasePage.parse(JSON.parse((await run(["releases", "--all", "--json"], { cwd })).stdout));
    expect(all.releases.map(({ rev }) => rev)).toEqual(Array.from({ length: 210 }, (_, index) => 210 - index));
    expect(all.next).toBeNull();
  });

  it("of a channel on which nothing was live is empty", async () => {
    const { run, cwd } = await startWithShop();
    const { code, stdout, stderr } = await run(["releases"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("Nothing has been live on production of shop yet.");
  });
});
