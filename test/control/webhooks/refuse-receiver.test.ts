import { describe, expect, it } from "vitest";
import { parsePrivateHosts, refuseAddresses, refuseReceiver } from "../../../control/webhooks/refuse-receiver.ts";
import { err, ok } from "../../../schema/result.ts";

const rules = {
  privateHosts: parsePrivateHosts("127.0.0.1:4000, [::1]:4001,vouched.internal:443"),
  ownHosts: ["apps.atelier.style", "base.atelier.style"],
};

describe("refuseReceiver", () => {
  it.each([
    "https://receiver.example/hook?a=1",
    "https://RECEIVER.example:443/",
    "https://receiver.example:8443/",
    "https://receiver.example.:8443/",
    "https://bücher.example/",
    "https://93.184.216.34/",
    "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    "https://atelier.style/",
    "https://notapps.atelier.style.example/",
    "https://internal.example/",
    // The operator vouches for these.
    "http://127.0.0.1:4000/hook",
    "http://0x7f.1:4000/hook",
    "https://[0:0:0:0:0:0:0:1]:4001/",
    "https://vouched.internal/",
  ])("%s may be sent to", (url) => {
    expect(refuseReceiver(url, rules)).toBeNull();
  });

  it.each([
    "",
    "receiver.example",
    "/hook",
    "ftp://receiver.example/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://receiver.example/",
    "https://user@receiver.example/",
    "https://user:word@receiver.example/",
    "https://user:word@127.0.0.1:4000/",
    "https://receiver.example/#part",
    "ftp://127.0.0.1:4000/",
    // Loopback and its spellings.
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://１２７.０.０.１/",
    "https://%31%32%37.0.0.1/",
    "https://0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://127.0.0.1:4001/",
    // Private, shared, link-local (the cloud's metadata), documentation, multicast, reserved.
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.2.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[fe80::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    // Names of the local network, and of the platform.
    "https://localhost/",
    "https://LOCALHOST./",
    "https://base.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.home.arpa/",
    "https://vouched.internal:8443/",
    "https://intranet/",
    "https://apps.atelier.style/",
    "https://hello.apps.atelier.style/",
    "https://hello.apps.atelier.style./",
    "https://base.atelier.style/v1/projects",
    // Ports of other services.
    "https://receiver.example:22/",
    "https://receiver.example:25/",
    "https://receiver.example:80/",
    "https://receiver.example:6667/",
  ])("%s may not", (url) => {
    expect(refuseReceiver(url, rules)).toMatch(/[.]$/);
  });
});

describe("refuseAddresses", () => {
  const leadsTo = (...addresses: string[]) =>
    refuseAddresses("https://receiver.example/", rules, async () => ok(addresses));

  it("a host may be sent to when all of its addresses are public", async () => {
    expect(await leadsTo("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")).toBeNull();
    expect(await leadsTo("93.184.216.34", "10.0.0.1")).toMatch(/private/);
    expect(await leadsTo("93.184.216.34", "fd00::1")).toMatch(/private/);
    expect(await leadsTo("::ffff:93.184.216.34")).toMatch(/another form/);
    expect(await leadsTo("nonsense")).toMatch(/not an address/);
  });

  it("the reason does not say which private address it is", async () => {
    expect(await leadsTo("10.20.30.40")).not.toContain("10.20.30.40");
  });

  it("a host that can not be looked up is not sent to", async () => {
    const refusal = await refuseAddresses("https://receiver.example/", rules, async () =>
      err("There is no such host."),
    );
    expect(refusal).toBe("The host could not be looked up. There is no such host.");
  });

  it("what the operator vouches for, and a literal that was checked before, is not looked up", async () => {
    const never = () => Promise.reject(new Error("looked up"));
    for (const url of ["http://127.0.0.1:4000/", "https://vouched.internal/", "https://93.184.216.34/"]) {
      expect(await refuseAddresses(url, rules, never)).toBeNull();
    }
  });
});
