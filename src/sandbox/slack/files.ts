/** Files on their way in and in the channels they were shared to. https://docs.slack.dev/messaging/working-with-files */

import { randomBytes } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Faults } from "../faults.ts";
import type { Json } from "./json.ts";
import { misbehave } from "./misbehave.ts";

export interface UploadedFile {
  readonly id: string;
  readonly name: string;
  /** Bytes, as announced. */
  readonly length: number;
  readonly title: string;
  /** `undefined` until the bytes came. */
  readonly content: Buffer | undefined;
  /** Only then it can be seen by anyone. */
  readonly isComplete: boolean;
}

export interface Files {
  /** A place for these bytes, and the address to send them to, which works once. */
  readonly reserve: (announced: { readonly name: string; readonly length: number }) => {
    readonly file: UploadedFile;
    readonly uploadUrl: string;
    readonly keep: () => void;
  };
  readonly file: (id: string) => UploadedFile | undefined;
  readonly complete: (id: string, title: string | undefined) => UploadedFile | undefined;
  readonly routes: Hono<{ Bindings: HttpBindings }>;
}

interface Deps {
  readonly faults: Faults;
  readonly ownUrl: () => string;
  readonly stopped: () => AbortSignal;
}

/** As a fault's call the sending of bytes is named `upload_url`. */
export const createFiles = ({ faults, ownUrl, stopped }: Deps): Files => {
  const files = new Map<string, UploadedFile>();
  const tickets = new Map<string, string>();
  const routes = new Hono<{ Bindings: HttpBindings }>();

  routes.post("/upload/v1/:ticket", async (c) => {
    const ticket = c.req.param("ticket");
    const content = await readBytes(c.req.raw);
    const act = (apply: boolean): Response => {
      const file = files.get(tickets.get(ticket) ?? "");
      if (file === undefined) return new Response("no such upload", { status: 404 });
      if (content.length !== file.length)
        return new Response(`${content.length} bytes instead of ${file.length}`, { status: 400 });
      if (apply) {
        tickets.delete(ticket);
        files.set(file.id, { ...file, content });
      }
      return new Response(`OK - ${content.length}`);
    };
    return misbehave(
      faults.next("upload_url"),
      {
        act: () => act(true),
        pretend: () => act(false),
        throttle: (seconds) => new Response("", { status: 429, headers: { "retry-after": String(seconds) } }),
      },
      { incoming: c.env.incoming, faults, stopped: stopped() },
    );
  });

  return {
    reserve: ({ name, length }) => {
      const id = `F${randomBytes(5).toString("hex").toUpperCase()}`;
      const ticket = randomBytes(24).toString("base64url");
      const file = { id, name, length, title: name, content: undefined, isComplete: false };
      return {
        file,
        uploadUrl: `${ownUrl()}/upload/v1/${ticket}`,
        keep: () => {
          files.set(id, file);
          tickets.set(ticket, id);
        },
      };
    },
    file: (id) => files.get(id),
    complete: (id, title) => {
      const file = files.get(id);
      if (file === undefined) return undefined;
      const complete = { ...file, title: title ?? file.title, isComplete: true };
      files.set(id, complete);
      return complete;
    },
    routes,
  };
};

/** What a message says of a file: https://docs.slack.dev/reference/objects/file-object */
export const fileObject = ({ id, name, title, length }: UploadedFile): Json => ({
  id,
  name,
  title,
  filetype: /\.([a-z0-9]+)$/iu.exec(name)?.[1]?.toLowerCase() ?? "text",
  size: length,
  mode: "hosted",
  is_external: false,
});

/** Raw, or as the first file among several parts. */
const readBytes = async (request: Request): Promise<Buffer> => {
  if (request.headers.get("content-type")?.startsWith("multipart/form-data") !== true)
    return Buffer.from(await request.arrayBuffer());
  for (const part of (await request.formData()).values())
    if (typeof part !== "string") return Buffer.from(await part.arrayBuffer());
  return Buffer.alloc(0);
};
