/** What the page in the browser is told of the machines: their doors, the rules before them, and who tried to get in. */

export interface MachinesState {
  /** From where one can connect, by name. */
  readonly clients: readonly Client[];
  readonly machines: readonly PageMachine[];
  /** All that was ever asked for, the earliest first. */
  readonly accesses: readonly Access[];
  /** The latest last. */
  readonly attempts: readonly Attempt[];
}

export interface Client {
  readonly name: string;
  readonly address: string;
}

export interface PageMachine {
  readonly id: string;
  readonly name: string;
  readonly cloud: "azure" | "aws";
  readonly platform: "linux" | "windows";
  readonly isRunning: boolean;
  readonly addresses: readonly string[];
  readonly doors: readonly Door[];
  readonly ruleSets: readonly RuleSet[];
}

/** `closing`: its time is over and the cloud still lets in. */
export type DoorState = "closed" | "asked" | "opening" | "open" | "closing";

export interface Door {
  readonly port: number;
  /** `SSH`, `22` where the port has no name. */
  readonly name: string;
  readonly state: DoorState;
  readonly holders: readonly Holder[];
  /** Who else gets in, by a rule that isn't Latch's. */
  readonly others: readonly { readonly client: string; readonly because: string }[];
  /** The rule, or what else it is, that keeps most people out. */
  readonly keptBy: string | undefined;
  /** Dialled there instead: a firewall translates. */
  readonly at: { readonly address: string; readonly port: number } | undefined;
}

export interface Holder {
  readonly accessId: string;
  /** A Slack id. */
  readonly user: string;
  readonly sources: readonly string[];
  readonly state: Exclude<DoorState, "closed">;
  /** When it ends, or until when it waits for an answer. */
  readonly until: number | undefined;
}

/** One person's way to some ports of one machine, from asking to its end, as the bot's audit log tells it. */
export interface Access {
  readonly id: string;
  /** A Slack id. */
  readonly user: string;
  readonly machineId: string;
  readonly ports: readonly number[];
  readonly sources: readonly string[];
  readonly answerBy: number | undefined;
  readonly approvedAt: number | undefined;
  readonly openedAt: number | undefined;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** Denied, lapsed, failed, or closed again. */
  readonly overAt: number | undefined;
}

/** One group, firewall or collection of rules before a machine. */
export interface RuleSet {
  readonly id: string;
  readonly name: string;
  readonly kind: "network security group" | "Azure Firewall" | "security group";
  /** Of a whole set, where its rules can't be seen. */
  readonly note: string | undefined;
  readonly isOurs: boolean;
  readonly rules: readonly ShownRule[];
}

export interface ShownRule {
  /** Tells it from the others of its set, and stays the same while it does. */
  readonly key: string;
  readonly priority: number | undefined;
  readonly verdict: "allow" | "deny" | "translate";
  /** `Tcp 22 to 10.0.1.7`, `TCP 20.50.1.10:443 to 10.0.4.41:443` */
  readonly what: string;
  readonly from: string;
  readonly name: string;
  readonly about: string | undefined;
  readonly isOurs: boolean;
}

/** A real TCP connection that somebody tried. */
export interface Attempt {
  readonly id: number;
  readonly at: number;
  readonly from: string;
  readonly machineId: string;
  readonly port: number;
  readonly outcome: "trying" | "open" | "refused" | "failed";
  /** The first line that came, or what went wrong. */
  readonly said: string;
  /** The rule that decided. */
  readonly because: string;
  readonly isConnected: boolean;
  /** When the other side answered last. */
  readonly heardAt: number | undefined;
}
