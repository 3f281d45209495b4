import { describe, expect, test } from "vitest";
import { accessTitle, boldTitle, servicesTitle } from "../../src/slack/title.ts";

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

  test("names the machine, and nothing that it is called is obeyed by Slack", () => {
    const access = { services: ["ssh"], machine: { name: "<!channel>*x*&" } };
    expect(accessTitle(access)).toBe("SSH to <!channel>*x*&");
    expect(boldTitle(access)).toBe("*SSH to &lt;!channel&gt;∗x∗&amp;*");
  });
});
