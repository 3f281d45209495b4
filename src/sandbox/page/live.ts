/** Server-sent events: each part of the page at first, and whenever it changed. */

export interface LivePart {
  /** The event's name: `slack`, `machines`. */
  readonly name: string;
  /** What this person is shown of it. */
  readonly read: (user: string) => unknown;
  /** Calls back whenever it may have changed. Returns how to end it. */
  readonly subscribe: (changed: () => void) => () => void;
}

/** One stream for all parts, because a browser has few connections to one address and people open several pages. */
export const liveSight = (user: string, parts: readonly LivePart[]): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder();
  const ends: (() => void)[] = [];
  const end = (): void => {
    for (const each of ends.splice(0)) each();
  };
  return new ReadableStream({
    start: (controller) => {
      const follow = ({ name, read, subscribe }: LivePart): void => {
        let timer: NodeJS.Timeout | undefined;
        let last = "";
        const send = (): void => {
          timer = undefined;
          const state = JSON.stringify(read(user));
          if (state === last) return;
          last = state;
          controller.enqueue(bytes.encode(`event: ${name}\ndata: ${state}\n\n`));
        };
        const sendLater = (): void => {
          try {
            send();
          } catch (error) {
            // They left between the change and its telling, or it can't be read: a browser that is still there asks anew.
            end();
            controller.error(error);
          }
        };
        send();
        const unsubscribe = subscribe(() => {
          timer ??= setTimeout(sendLater, TOGETHER_MS);
        });
        ends.push(() => {
          clearTimeout(timer);
          unsubscribe();
        });
      };
      try {
        parts.forEach(follow);
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel: end,
  });
};

/** What changes together is drawn together. */
const TOGETHER_MS = 30;
