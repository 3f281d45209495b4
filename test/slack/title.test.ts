import { describe, expect, test } from "vitest";
import { accessTitle, askedTitle, boldTitle, leadingTitle, servicesTitle } from "../../src/slack/title.ts";

describe("the title of an access", () => {
  test.each([
    [["ssh"], "SSH"],
    [["SSH"], "SSH"],
    [["22/tcp"], "SSH"],
    [["ssh", "rdp"], "SSH and RDP"],
    [["ssh", "22/tcp"], "SSH"],
    [["5985/tcp", "5986/tcp"], "WinRM"],
    [["8080"], "port 8080"],
    [["8080/tcp", "53/udp", "postgres"], "port 8080, port 53/udp and postgres"],
    [[], ""],
  ])("%j: %s", (services, title) => {
    expect(servicesTitle(services)).toBe(title);
  });

  test("begins a line as the policy writes it; only a bare number isn't a name", () => {
    expect(["postgres", "ssh", "8080"].map((service) => leadingTitle([service]))).toEqual([
      "postgres",
      "SSH",
      "Port 8080",
    ]);
  });

  test("tells a longer one from a new one", () => {
    const access = { services: ["ssh"], machine: { name: "prod-vm-3" } };
    expect(askedTitle(access, { extends: "k7f3q2xd" })).toBe("SSH to prod-vm-3, longer,");
    for (const request of [{}, undefined]) expect(askedTitle(access, request)).toBe("SSH to prod-vm-3");
  });

  test("names the machine, and nothing that it is called is obeyed by Slack", () => {
    const access = { services: ["ssh"], machine: { name: "<!channel>*x*&" } };
    expect(accessTitle(access)).toBe("SSH to <!channel>*x*&");
    expect(boldTitle(access)).toBe("*SSH to &lt;!channel&gt;∗x∗&amp;*");
  });
});
