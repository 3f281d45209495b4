/** How a sandbox server is told to misbehave. Each server consults one `Faults` before and after doing what it was asked. */

/**
 * - `delay`: answers after `ms`, correctly.
 * - `drop`: closes the connection before doing anything.
 * - `lose-answer`: does it, then closes the connection without an answer.
 * - `hang`: does nothing and never answers. `hang-after`: does it and never answers.
 * - `answer`: does nothing; answers this status, body and headers, as the real service would in the given case.
 * - `throttle`: the service's own throttling answer; `retryAfterSeconds` where the service says it.
 * - `lie`: answers as if it were done, and does nothing.
 */
export type Misbehaviour =
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "drop" | "lose-answer" | "hang" | "hang-after" | "lie" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "throttle"; readonly retryAfterSeconds?: number };

export interface FaultRule {
  /**
   * Which calls: a pattern over the server's own name for a call.
   * Slack: `chat.postMessage`. Azure: `PUT /subscriptions/…/securityRules/name`. EC2: `RevokeSecurityGroupIngress sg-0a1`.
   */
  readonly calls: RegExp;
  /** Or who decides it call by call; `undefined`: behave. */
  readonly does: Misbehaviour | ((call: string) => Misbehaviour | undefined);
  /** How often; without it until `clear`. */
  readonly times?: number;
}

export interface Faults {
  /** Returns a function that takes this rule back. The latest added rule that matches wins. */
  readonly add: (rule: FaultRule) => () => void;
  readonly clear: () => void;
  /** The misbehaviour for this call, used up once; `undefined`: behave. Only servers call it. */
  readonly next: (call: string) => Misbehaviour | undefined;
  /** Ends every hang: the connections are closed. */
  readonly released: () => AbortSignal;
}

export const createFaults = (): Faults => {
  let rules: { rule: FaultRule; left: number }[] = [];
  let release = new AbortController();
  const clear = (): void => {
    rules = [];
    release.abort();
    release = new AbortController();
  };
  return {
    add: (rule) => {
      const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
      rules.unshift(entry);
      return () => {
        rules = rules.filter((other) => other !== entry);
      };
    },
    clear,
    next: (call) => {
      const found = rules.find(({ rule, left }) => left > 0 && rule.calls.test(call));
      if (found === undefined) return undefined;
      found.left -= 1;
      const { does } = found.rule;
      return typeof does === "function" ? does(call) : does;
    },
    released: () => release.signal,
  };
};
