/** A terminal in the sandbox: type as any of the people, see what each of them sees, and try to connect. */

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { auditLine } from "./audit-line.ts";
import type { RoleHolder } from "./default-roles.ts";
import { fillForm, type Typed } from "./fill-form.ts";
import { createFollowLinks } from "./follow-links.ts";
import type { Playground } from "./playground.ts";
import type { Sandbox } from "./sandbox.ts";
import { showRules } from "./show-rules.ts";
import type { SeenButton, SeenMessage } from "./slack/sight.ts";
import { STEERING_HELP, steer } from "./steer.ts";
import { withButtons } from "./with-buttons.ts";
import { ADDRESSES, CHANNELS, ON_CALL, PEOPLE, SCHEDULE } from "./world.ts";

/** By what `as` calls them. */
const ROLE_HOLDERS = { dev: "dev", otherDev: "dev2", lead: "lead", security: "security" } as const satisfies Record<
  string,
  RoleHolder
>;

export interface TerminalDeps {
  readonly sandbox: Sandbox;
  /** Where time can be moved and things can be made to fail. */
  readonly playground?: Playground;
  readonly input: Readable;
  readonly output: Writable;
}

const HELP = `What you can type
  /jit ssh prod-vm-3 2m because INC-1   a command, as whoever you are now
  as lead                               be someone else: ${Object.keys(PEOPLE).join(", ")}
  press 1                               press a button by its number
  fill machine prod-vm-3                fill in a field of the open form, by its name; also: fill why INC-1
  submit                                send it; with a text where it has but one field: submit use the bastion
  connect prod-vm-3                     try to get in; also: connect prod-vm-3:5432 from office,
                                        or an address, for machines behind a firewall: connect 20.50.1.10:443
                                        from: ${Object.keys(ADDRESSES).join(", ")}, or any address
  open from office                      open the link you were given last; also: open <link> from home
  use · use remember                    press the button of that page
  rules prod-vm-3                       what its cloud's firewalls hold
  role take dev · role give dev         what Azure lets this person do with vault-vm-1; otherDev, lead, security too
  on-call nobody · on-call lead         whom PagerDuty calls for vault-vm-1
  policy                                where the bot's policy is: change it, and see what comes of it
  audit                                 what to type in another terminal to take out the audit log
  machines                              which machines there are
  see                                   everything that you see now
  bot kill · bot start                  end the bot at once, and start it again
${STEERING_HELP}
  log                                   what it told its operators lately
  quit`;

/** Resolves when the person has had enough, or the input ends: to how many lines were typed. */
export const runTerminal = async ({ sandbox, playground, input, output }: TerminalDeps): Promise<number> => {
  const { slack, network } = sandbox;
  const [bot] = sandbox.bots;
  const links = createFollowLinks(sandbox);
  let me: keyof typeof PEOPLE = "dev";
  let pressable: readonly { readonly message: SeenMessage; readonly button: SeenButton }[] = [];
  const shown = new Map<string, string>();
  let typed: Typed = {};

  const say = (text: string): void => void output.write(`${text}\n`);

  const showMessage = (place: string, message: SeenMessage): void => {
    const text = withButtons(message, (button) => {
      pressable = [...pressable, { message, button }];
      return `(${pressable.length}) ${button.label}`;
    });
    say(
      [
        `  ${place}${message.onlyForYou ? " · only you see this" : ""} · ${message.from}`,
        ...text.map((line) => `    ${line}`),
      ].join("\n"),
    );
  };

  /** Everything, or what has changed since it was last shown to this person. */
  const show = (all: boolean): void => {
    if (all) pressable = [];
    const sight = slack.see(PEOPLE[me]);
    for (const channel of sight.channels) {
      for (const message of channel.messages) {
        const key = `${me} ${message.channel} ${message.ts}`;
        const now = `${message.text} ${message.buttons.length}`;
        if (all || shown.get(key) !== now) showMessage(channel.direct ? "direct message" : `#${channel.name}`, message);
        shown.set(key, now);
      }
    }
    if (all) showModals();
  };

  const showModals = (): void => {
    for (const { title, text } of slack.see(PEOPLE[me]).modals) {
      say(`  A form is open: ${title}. \`fill <field> <text>\` fills it in, \`submit\` sends it.`);
      say(
        text
          .split("\n")
          .map((line) => `    ${line}`)
          .join("\n"),
      );
    }
  };

  const connect = async (text: string): Promise<void> => {
    const [, machine = "", port = "22", from = "vpn"] = /^(\S+?)(?::(\d+))?(?:\s+from\s+(\S+))?$/u.exec(text) ?? [];
    const address = from in ADDRESSES ? ADDRESSES[from as keyof typeof ADDRESSES] : from;
    const outcome = await network.connect({ from: address, machine, port: Number(port) });
    if (outcome.outcome === "open") outcome.socket.destroy();
    say(
      `  ${address} → ${machine}:${port}  ${outcome.outcome === "open" ? `open: ${outcome.banner.trim()}` : "refused"}`,
    );
  };

  const press = async (text: string): Promise<void> => {
    const chosen = pressable[Number(text) - 1];
    if (chosen === undefined) return say("  There is no such button. `see` shows and numbers them.");
    const { message, button } = chosen;
    await slack.click({
      user: PEOPLE[me],
      channel: message.channel,
      ts: message.ts,
      actionId: button.actionId,
      blockId: button.blockId,
    });
  };

  const fill = async (text: string): Promise<void> => {
    const wrong = await fillForm(slack, PEOPLE[me], text, typed);
    if (wrong === undefined) showModals();
    else say(`  ${wrong}`);
  };

  const submit = async (text: string): Promise<void> => {
    if (slack.see(PEOPLE[me]).modals.length === 0) return say("  No form is open.");
    const values = text === "" ? typed : { ...typed, reason: text };
    const sent = await slack.submitView({ user: PEOPLE[me], values });
    if (sent.outcome === "closed") typed = {};
    say(sent.outcome === "closed" ? "  The form is sent." : `  The form: ${sent.outcome}.`);
    if ("errors" in sent) for (const error of Object.values(sent.errors)) say(`    ${error}`);
    showModals();
  };

  const be = (name: string): void => {
    if (!(name in PEOPLE)) {
      say(`  Nobody is called ${name === "" ? "that" : name}. There are ${Object.keys(PEOPLE).join(", ")}.`);
      return;
    }
    me = name as keyof typeof PEOPLE;
    const user = slack.people.user(PEOPLE[me]);
    say(`  You are ${user?.real_name ?? name} (@${user?.name ?? name}); your times are ${user?.tz ?? "UTC"}.`);
    if (user?.deleted === true) say("  This account is deactivated: Slack shows it nothing and takes nothing from it.");
    show(true);
  };

  const steerBot = async (what: string): Promise<void> => {
    if (what === "kill") await bot.kill();
    else if (what === "start") await bot.start();
    say(bot.isRunning() ? "  The bot is running." : "  The bot is gone. `bot start` starts it again.");
  };

  const changeRole = ([what = "", who = ""]: readonly string[]): void => {
    if (!(who in ROLE_HOLDERS) || (what !== "take" && what !== "give")) {
      say(`  Type \`role take dev\` or \`role give dev\`; there are ${Object.keys(ROLE_HOLDERS).join(", ")}.`);
      return;
    }
    const holder = ROLE_HOLDERS[who as keyof typeof ROLE_HOLDERS];
    const role = sandbox.roles[what](holder);
    if (role === undefined) say(what === "give" ? `  ${who} has it already.` : `  ${who} has none.`);
    else say(`  Azure: ${who} ${what === "give" ? "is" : "is no longer"} ${role}.`);
  };

  const auditWays = (): string =>
    `  The audit log, from another terminal:\n  ${auditLine(sandbox.configFile, playground?.memory.url)}`;

  const call = (who: string): void => {
    if (who !== "nobody" && who !== "lead") {
      say("  On call can be lead or nobody.");
      return;
    }
    sandbox.pagerDuty.setShifts(who === "nobody" ? [] : [{ user: ON_CALL.lead, schedule: SCHEDULE }]);
    say(`  PagerDuty: ${who} is on call.`);
  };

  const run = async (line: string): Promise<boolean> => {
    const [word = "", ...rest] = line.trim().split(/\s+/u);
    const text = rest.join(" ");
    const steered = playground === undefined ? undefined : await steer(word, text, playground);
    if (steered !== undefined) {
      say(`  ${steered}`);
      return true;
    }
    if (line.trim().startsWith("/jit"))
      await slack.command({ user: PEOPLE[me], channel: CHANNELS.access, text: line.trim().slice(4).trim() });
    else if (word === "as") be(text);
    else if (word === "press") await press(text);
    else if (word === "fill") await fill(text);
    else if (word === "submit") await submit(text);
    else if (word === "connect") await connect(text);
    else if (word === "open" || word === "use")
      say(
        (await (word === "open" ? links.open(PEOPLE[me], text) : links.use(text)))
          .map((entry) => `    ${entry}`)
          .join("\n"),
      );
    else if (word === "rules") say(showRules(text, sandbox));
    else if (word === "machines")
      say(
        [...network.machines(), ...network.gateways()]
          .map(({ name, addresses }) => `  ${name.padEnd(16)}${addresses.join(", ")}`)
          .join("\n"),
      );
    else if (word === "role") changeRole(rest);
    else if (word === "on-call") call(text);
    else if (word === "policy") say(`  ${sandbox.configFile}\n${auditWays()}`);
    else if (word === "audit") say(auditWays());
    else if (word === "see") show(true);
    else if (word === "bot") await steerBot(text);
    else if (word === "log")
      say(
        bot.log
          .slice(-10)
          .map((entry) => `  ${entry}`)
          .join("\n"),
      );
    else if (word === "quit" || word === "exit") return false;
    else if (word === "help") say(HELP);
    else if (word !== "")
      say(`  I don't know \`${word}\`. \`help\` shows what you can type; commands to the bot begin with /jit.`);
    return true;
  };

  const lines = createInterface({ input, output, prompt: "", terminal: "isTTY" in input && input.isTTY === true });
  let ended = false;
  lines.once("close", () => {
    ended = true;
  });
  const ask = (): void => {
    if (ended) return;
    lines.setPrompt(`${me}> `);
    lines.prompt();
  };
  const unsubscribe = slack.subscribe((change) => {
    if ((change.kind === "view-opened" || change.kind === "view-updated") && change.user === PEOPLE[me]) showModals();
    else if (change.kind === "message-posted" || change.kind === "message-updated") show(false);
    else return;
    ask();
  });

  ask();
  let count = 0;
  for await (const line of lines) {
    count += 1;
    try {
      if (!(await run(line))) break;
    } catch (error) {
      say(`  ${error instanceof Error ? error.message : String(error)}`);
    }
    ask();
  }
  // What was typed last may still be on its way: piped input ends before its answers come.
  if (ended) await settled(slack);
  unsubscribe();
  lines.close();
  return count;
};

/** Resolves when nothing new was shown for a while. */
const settled = (slack: Sandbox["slack"]): Promise<void> =>
  new Promise((resolve) => {
    let timer = setTimeout(done, QUIET_MS);
    const unsubscribe = slack.subscribe(() => {
      clearTimeout(timer);
      timer = setTimeout(done, QUIET_MS);
    });
    function done(): void {
      unsubscribe();
      resolve();
    }
  });

const QUIET_MS = 2_000;
