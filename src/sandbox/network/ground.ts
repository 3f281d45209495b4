/** What the network asks of a cloud: which machines stand in it, and whether its rules let a flow in. */

export interface Machine {
  /** The cloud's own id: `i-0a1…`, or an ARM id. */
  readonly id: string;
  readonly name: string;
  readonly platform: "linux" | "windows";
  /** Where it can be dialled: of each address family the first is taken when nobody says which; public before private. */
  readonly addresses: readonly string[];
}

/** A TCP flow. The address is the one that was dialled, public or private. */
export interface Flow {
  readonly machineId: string;
  readonly address: string;
  readonly port: number;
  readonly from: string;
  readonly fromPort: number;
}

/** An established one, and what was last said of it. */
export interface LiveFlow extends Flow {
  /** The rule that lets it in. */
  readonly because: string;
  readonly tracked: boolean;
}

export type Verdict =
  | { readonly kind: "closed"; readonly because: string }
  | {
      readonly kind: "open";
      readonly because: string;
      /** Whether the cloud remembers the flow, and carries on with it when the rules don't allow it any more. */
      readonly tracked: boolean;
      /** Who answers, when it isn't the one that was dialled: a machine behind a firewall. */
      readonly reaches?: { readonly machine: Machine; readonly port: number };
    };

export interface Ground {
  readonly machines: () => readonly Machine[];
  /** What has addresses of its own and stands before machines. It is dialled like one, and one of those behind it answers. */
  readonly gateways?: () => readonly Machine[];
  /** Whether a new flow gets in now. */
  readonly admit: (flow: Flow) => Verdict;
  /** Whether an established flow goes on, given what was said of it last. */
  readonly keep: (flow: Flow, last: Verdict & { readonly kind: "open" }) => Verdict;
  /** Calls back whenever an answer may have changed. Returns a function that ends it. */
  readonly onChange: (listener: () => void) => () => void;
}

export const closed = (because: string): Verdict => ({ kind: "closed", because });
