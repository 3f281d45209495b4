import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { showAsk } from "../../src/slack/ask-text.ts";
import { type Ask, readCommand, subcommands } from "../../src/slack/command.ts";

const ask = (changes: Partial<Ask> = {}) => ({
  kind: "ask",
  services: ["ssh"],
  machine: "prod-vm-3",
  end: "2h",
  from: [],
  because: "",
  ...changes,
});

describe("an ask", () => {
  test.each<[string, Partial<Ask>]>([
    ["ssh prod-vm-3 2h", {}],
    ["  ssh   prod-vm-3\t2h  ", {}],
    ["ssh,rdp prod-vm-3 2h", { services: ["ssh", "rdp"] }],
    ["ssh, 8443/tcp ,53/udp prod-vm-3 2h", { services: ["ssh", "8443/tcp", "53/udp"] }],
    ["8080 prod-vm-3 2h", { services: ["8080"] }],
    ["ssh prod-vm-3 until 18:00", { end: "until 18:00" }],
    ["ssh prod-vm-3 UNTIL 6 pm because x", { end: "until 6 pm", because: "x" }],
    ["ssh prod-vm-3 for 2h", {}],
    ["ssh prod-vm-3 1h 30m", { end: "1h 30m" }],
    ["ssh prod-vm-3 PT2H", { end: "PT2H" }],
    ["ssh prod-vm-3 2h from vpn", { from: ["vpn"] }],
    [
      "ssh prod-vm-3 2h FROM 203.0.113.7, 2001:db8::/48 Because INC-1 disk full",
      { from: ["203.0.113.7", "2001:db8::/48"], because: "INC-1 disk full" },
    ],
    ['ssh prod-vm-3 2h because "INC-1  disk full"', { because: "INC-1 disk full" }],
    ["ssh prod-vm-3 2h because “INC-1 disk full”", { because: "INC-1 disk full" }],
    ["ssh prod-vm-3 2h because 'INC-1 disk full'", { because: "INC-1 disk full" }],
    ['ssh prod-vm-3 2h because "INC-1 disk full" from vpn', { because: "INC-1 disk full", from: ["vpn"] }],
    ['ssh prod-vm-3 because "INC-1" 2h', { because: "INC-1" }],
    ["ssh prod-vm-3 from vpn 2h", { from: ["vpn"] }],
    ['ssh prod-vm-3 2h because the "main" disk is full', { because: 'the "main" disk is full' }],
    ['ssh prod-vm-3 2h because "main" disk is full', { because: '"main" disk is full' }],
    [
      "ssh prod-vm-3 2h because I can't get in from home, until noon",
      { because: "I can't get in from home, until noon" },
    ],
    ["ssh prod-vm-3 2h because a &lt;b&gt; &amp; c", { because: "a <b> & c" }],
    ["ssh prod-vm-3 2h because &amp;lt;", { because: "&lt;" }],
    ["ssh <http://web-1.example.com|web-1.example.com> 2h", { machine: "web-1.example.com" }],
    ["ssh <mailto:vm@111122223333.com|vm@111122223333.com> 2h", { machine: "vm@111122223333.com" }],
    ["ssh prod-vm-3 2h because see <https://tickets.example/INC-1>", { because: "see https://tickets.example/INC-1" }],
    ["ssh vm-1@111122223333 2h", { machine: "vm-1@111122223333" }],
    ['ssh "web server 1" 2h', { machine: "web server 1" }],
    ["break-glass ssh prod-vm-3 2h because INC-1", { breakGlass: true, because: "INC-1" }],
    [
      "BreakGlass ssh,rdp prod-vm-3 until 18:00 from vpn because x",
      { breakGlass: true, services: ["ssh", "rdp"], end: "until 18:00", from: ["vpn"], because: "x" },
    ],
    ["break-glass ssh link 2h", { breakGlass: true, machine: "link" }],
  ])("%s", (text, expected) => {
    expect(readCommand(text)).toEqual(ask(expected));
  });

  test.each([
    ["ssh from 2h", "from"],
    ["ssh because 2h because x", "because"],
    ["ssh until until 18:00", "until"],
    ["ssh list 2h", "list"],
    ["ssh 2h 2h", "2h"],
    ['ssh "from" from vpn 2h', "from"],
    ["ssh for for 2h", "for"],
  ])("a machine called like a keyword is reached: %s", (text, machine) => {
    expect(readCommand(text)).toMatchObject({ kind: "ask", machine });
  });

  test("what can't be read as a length is still an ask, to be refused with all else that is wrong", () => {
    expect(readCommand("ssh prod-vm-3 30")).toEqual(ask({ end: "30" }));
    expect(readCommand("ssh prod-vm-3 2 hours because x")).toEqual(ask({ end: "2 hours", because: "x" }));
    expect(readCommand("ssh prod-vm-3 abc")).toEqual(ask({ end: "abc" }));
  });

  test("a link whose text isn't its address is shown in full", () => {
    expect(readCommand("ssh prod-vm-3 2h because <https://evil.example|tickets.example>")).toEqual(
      ask({ because: "<https://evil.example|tickets.example>" }),
    );
  });

  test("control characters and direction marks in a justification are shown", () => {
    const because = (text: string) => {
      const command = readCommand(`ssh prod-vm-3 2h because ${text}`);
      return isRefusal(command) || command.kind !== "ask" ? command : command.because;
    };
    expect(because("a\u{202E}b\u{0000}c\u{200B}d\u{2066}e\u{1B}[31m")).toBe(
      "a[U+202E]b[U+0000]c[U+200B]d[U+2066]e[U+001B][31m",
    );
    expect(because("two\r\nlines\tand  spaces")).toBe("two lines and spaces");
    expect(because("a\u{D800}b")).toBe("a\u{FFFD}b");
    expect(because("👩‍💻 äöü 日本")).toBe("👩‍💻 äöü 日本");
  });

  test("what we print for an ask reads as the same ask", () => {
    const word = fc.stringMatching(/^[a-z0-9._@-]{1,20}$/u);
    const free = fc.stringMatching(/^[a-zA-Z0-9&<>,.:!*_~`|@#()-]{1,10}( [a-zA-Z0-9&<>,.:!*_~`|@#()-]{1,10}){0,5}$/u);
    fc.assert(
      fc.property(
        fc.record({
          services: fc.array(fc.constantFrom("ssh", "rdp", "8443/tcp", "53/udp", "https"), {
            minLength: 1,
            maxLength: 3,
          }),
          machine: fc.oneof(word, fc.constantFrom("from", "because", "list", "2h", "web server 1")),
          end: fc.constantFrom("2h", "1h30m", "PT2H", "until 18:00", "until 6 pm", "30"),
          from: fc.array(fc.constantFrom("vpn", "203.0.113.7", "2001:db8::/48"), { maxLength: 2 }),
          because: fc.oneof(fc.constant(""), free),
          isUrgent: fc.boolean(),
        }),
        ({ isUrgent, ...typed }) => {
          const given: Ask = isUrgent ? { ...typed, breakGlass: true } : typed;
          // As Slack sends it.
          const sent = showAsk(given)
            .slice("/jit ".length)
            .replace(/&/gu, "&amp;")
            .replace(/</gu, "&lt;")
            .replace(/>/gu, "&gt;");
          expect(readCommand(sent)).toEqual(ask(given));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the other commands", () => {
  test.each([
    ["", { kind: "form" }],
    ["   ", { kind: "form" }],
    ["list", { kind: "list" }],
    ["LIST", { kind: "list" }],
    ["machines", { kind: "machines", text: "" }],
    ["machines prod web", { kind: "machines", text: "prod web" }],
    ["who prod-vm-3", { kind: "who", machine: "prod-vm-3" }],
    ["who web server 1", { kind: "who", machine: "web server 1" }],
    ["why <http://web.example|web.example>", { kind: "why", machine: "web.example" }],
    ["extend K7F3Q2XD 1h", { kind: "extend", id: "k7f3q2xd", end: "1h" }],
    ["extend k7f3q2xd until 18:00", { kind: "extend", id: "k7f3q2xd", end: "until 18:00" }],
    ["close k7f3q2xd", { kind: "close", id: "k7f3q2xd" }],
    ["posture", { kind: "posture", text: "" }],
    ["protect prod-vm-3", { kind: "protect", machine: "prod-vm-3", services: [] }],
    ["protect prod-vm-3 ssh, rdp", { kind: "protect", machine: "prod-vm-3", services: ["ssh", "rdp"] }],
    ["unprotect prod-vm-3", { kind: "unprotect", machine: "prod-vm-3" }],
    ["audit", { kind: "audit", machine: undefined, person: undefined, period: undefined }],
    ["audit prod-vm-3 7d", { kind: "audit", machine: "prod-vm-3", person: undefined, period: "7d" }],
    ["audit @dev", { kind: "audit", machine: undefined, person: "dev", period: undefined }],
    ["audit 7d <@U0DEV1|dev>", { kind: "audit", machine: undefined, person: "U0DEV1", period: "7d" }],
    ['audit "7d"', { kind: "audit", machine: "7d", person: undefined, period: undefined }],
    ["lockdown", { kind: "lockdown", lift: false, because: "" }],
    ["lockdown because INC-9 stolen laptop", { kind: "lockdown", lift: false, because: "INC-9 stolen laptop" }],
    ["lockdown LIFT", { kind: "lockdown", lift: true, because: "" }],
    ["link", { kind: "link", code: undefined }],
    ["link bcdfg-hjkmn", { kind: "link", code: "bcdfg-hjkmn" }],
    ["LINK  BCDFG HJKMN ", { kind: "link", code: "BCDFG HJKMN" }],
    ["unlink", { kind: "unlink", person: undefined }],
    ["unlink <@U0DEV1|dev>", { kind: "unlink", person: "U0DEV1" }],
    ["unlink U0DEV1", { kind: "unlink", person: "U0DEV1" }],
    ["unlink @Dana Dev", { kind: "unlink", person: "Dana Dev" }],
    ["help me", { kind: "help" }],
  ])("%s", (text, expected) => {
    expect(readCommand(text)).toEqual(expected);
  });
});

describe("refused with what would work", () => {
  test.each([
    ["ssh", { problem: "missing-machine", word: "ssh" }],
    ["ssh 2h", { problem: "missing-machine", word: "ssh" }],
    ["ssh from vpn", { problem: "missing-machine", word: "ssh" }],
    ["ssh until 18:00", { problem: "missing-machine", word: "ssh" }],
    ["ssh prod-vm-3", { problem: "missing-duration", word: "prod-vm-3" }],
    ["ssh prod-vm-3 from vpn", { problem: "missing-duration", word: "prod-vm-3" }],
    ["ssh prod-vm-3 until", { problem: "missing-duration" }],
    ["ssh prod-vm-3 INC-1042 disk full", { problem: "missing-duration" }],
    ["ssh prod-vm-3 2h from", { problem: "missing-source" }],
    ["ssh prod-vm-3 2h because", { problem: "missing-justification" }],
    ['ssh prod-vm-3 2h because ""', { problem: "missing-justification" }],
    ["ssh prod-vm-3 2h form vpn", { problem: "unknown-word", word: "form", didYouMean: "from" }],
    ["ssh prod-vm-3 2h becuase x", { problem: "unknown-word", word: "becuase", didYouMean: "because" }],
    ["ssh prod-vm-3 2h INC-1042 disk full", { problem: "unknown-word", word: "INC-1042" }],
    ["ssh prod-vm-3 2h from vpn from office", { problem: "unknown-word", word: "from", didYouMean: "from" }],
    ["lsit", { problem: "unknown-word", word: "lsit", didYouMean: "list" }],
    ["machnes prod", { problem: "unknown-word", word: "machnes", didYouMean: "machines" }],
    ["extnd k7f3q2xd 1h", { problem: "unknown-word", word: "extnd", didYouMean: "extend" }],
    ["clsoe k7f3q2xd", { problem: "unknown-word", word: "clsoe", didYouMean: "close" }],
    ["lockdown lfit", { problem: "unknown-word", word: "lfit", didYouMean: "lift" }],
    ["break-glass", { problem: "missing-machine", word: "break-glass" }],
    ["break-glass ssh", { problem: "missing-machine", word: "ssh" }],
    ["break-glas ssh prod-vm-3", { problem: "unknown-word", word: "break-glas", didYouMean: "break-glass" }],
    ["Break Glass ssh prod-vm-3 1h", { problem: "unknown-word", word: "break glass", didYouMean: "break-glass" }],
    ["unlink me", { problem: "unknown-word", word: "me" }],
    ["list everything", { problem: "unknown-word", word: "everything" }],
    ["who", { problem: "missing-machine-name", word: "who" }],
    ["why", { problem: "missing-machine-name", word: "why" }],
    ["protect", { problem: "missing-machine-name", word: "protect" }],
    ["unprotect", { problem: "missing-machine-name", word: "unprotect" }],
    ["extend", { problem: "missing-id" }],
    ["extend k7f3q2xd", { problem: "missing-duration" }],
    ["close", { problem: "missing-id" }],
    ['ssh prod-vm-3 2h because "disk full', { problem: "quotes" }],
    ["ssh prod-vm-3 2h because disk full”", { problem: "quotes" }],
    ['ssh "prod-vm-3 2h', { problem: "quotes" }],
    ["ssh prod-vm-3 2h because 'disk full", { problem: "quotes" }],
  ])("%s", (text, facts) => {
    expect(readCommand(text)).toEqual({ kind: "refusal", code: "command-unreadable", facts });
  });

  test("3,000 characters are read, one more isn't", () => {
    const begin = "ssh prod-vm-3 2h ";
    expect(readCommand(begin + " ".repeat(3_000 - begin.length))).toEqual(ask());
    expect(readCommand(begin + " ".repeat(3_001 - begin.length))).toMatchObject({ facts: { problem: "too-long" } });
    expect(readCommand("x".repeat(10_000))).toMatchObject({ facts: { problem: "too-long" } });
  });

  test("a justification of 1,000 characters is read, one more isn't", () => {
    expect(readCommand(`ssh prod-vm-3 2h because ${"x".repeat(1_000)}`)).toEqual(ask({ because: "x".repeat(1_000) }));
    expect(readCommand(`ssh prod-vm-3 2h because ${"x".repeat(1_001)}`)).toMatchObject({
      code: "justification-too-long",
      facts: { length: 1_001, maximum: 1_000 },
    });
  });

  test("any text is read or refused, and what is read has no invisible characters in its justification", () => {
    const words = fc.array(
      fc.oneof(
        fc.constantFrom(
          "ssh",
          "prod-vm-3",
          "2h",
          "from",
          "because",
          "until",
          '"',
          "'",
          ",",
          "<",
          "&lt;",
          "|",
          ...subcommands,
        ),
        fc.string({ unit: "binary", maxLength: 6 }),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(words, (typed) => {
        const command = readCommand(typed.join(" "));
        if (!isRefusal(command) && command.kind === "ask") {
          expect(command.services.length).toBeGreaterThan(0);
          expect(command.because).not.toMatch(/[\p{Cc}\u{202A}-\u{202E}\u{2066}-\u{2069}]/u);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("an awkward text of full length is read in no time", () => {
    const before = performance.now();
    for (const piece of ["<", '"', "<http://", "&", ",", "' ", "a,", " ,", "<http://a|"])
      readCommand(`ssh prod-vm-3 2h because ${piece.repeat(2_900 / piece.length)}`);
    for (const piece of ['""', '" "', ", ", '","']) readCommand(piece.repeat(2_900 / piece.length));
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
