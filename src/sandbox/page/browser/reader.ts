/** Who looks at the page: the names they know and the zone in which they read times. */

import { formatDate } from "../../slack/dates.ts";
import type { PageState } from "../shown.ts";

export interface Reader {
  readonly me: string;
  readonly zone: string;
  readonly nameOf: (id: string) => string | undefined;
  /** The sandbox's time, which may run ahead of the machine's. */
  readonly now: () => number;
}

export const readerOf = (state: PageState, receivedAt: number): Reader => ({
  me: state.me.id,
  zone: state.me.zone,
  nameOf: (id) => state.names[id],
  now: () => state.now + (Date.now() - receivedAt),
});

/** `{date_short_pretty} {time}`, in the reader's zone. */
export const dateText = (unix: number, format: string, reader: Reader): string | undefined =>
  formatDate(unix, format, { timezone: reader.zone, now: reader.now() as Parameters<typeof formatDate>[2]["now"] });
