/** The server's side of one WebSocket connection, texts only: https://www.rfc-editor.org/rfc/rfc6455 */

import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface WebSocketEvents {
  readonly onText: (text: string) => void;
  /** Once, however it ended. */
  readonly onClose: () => void;
}

export interface WebSocketConnection {
  readonly send: (text: string) => void;
  readonly ping: () => void;
  /** Says goodbye and waits for the other side to do the same. */
  readonly close: (code: number, reason: string) => void;
  /** Without a goodbye, as when a cable is pulled. */
  readonly destroy: () => void;
}

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const LARGEST = 4_000_000;

/** `undefined` when the request isn't a handshake; the socket is then closed. */
export const acceptWebSocket = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { onText, onClose }: WebSocketEvents,
): WebSocketConnection | undefined => {
  const key = request.headers["sec-websocket-key"];
  if (typeof key !== "string" || request.headers["sec-websocket-version"] !== "13") {
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    return undefined;
  }
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );

  let buffered = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let goodbyeSent = false;

  const write = (opcode: number, payload: Buffer): void => {
    if (socket.writable) socket.write(frame(opcode, payload));
  };
  const close = (code: number, reason: string): void => {
    if (goodbyeSent) return;
    goodbyeSent = true;
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    write(CLOSE, payload);
  };
  const take = ({ opcode, final, payload }: Frame): void => {
    if (opcode === CLOSE) {
      if (!goodbyeSent) write(CLOSE, payload.subarray(0, 2));
      goodbyeSent = true;
      socket.end();
    } else if (opcode === PING) write(PONG, payload);
    else if (opcode === TEXT || opcode === 0) {
      parts.push(payload);
      if (!final) return;
      const whole = Buffer.concat(parts).toString("utf8");
      parts = [];
      onText(whole);
    }
  };
  const feed = (chunk: Buffer): void => {
    buffered = Buffer.concat([buffered, chunk]);
    for (let read = readFrame(buffered); read !== undefined; read = readFrame(buffered)) {
      if (read === "broken") {
        close(1002, "protocol error");
        socket.destroy();
        return;
      }
      buffered = buffered.subarray(read.length);
      take(read);
    }
  };

  socket.on("data", feed);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.end());
  socket.on("close", onClose);
  if (head.length > 0) feed(head);

  return {
    send: (text) => write(TEXT, Buffer.from(text)),
    ping: () => write(PING, Buffer.from("Ping from applink")),
    close,
    destroy: () => socket.destroy(),
  };
};

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Buffer;
  /** Bytes it took. */
  readonly length: number;
}

const frame = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload;
  const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const header = Buffer.alloc(size);
  header[0] = 0x80 | opcode;
  if (size === 2) header[1] = length;
  else if (size === 4) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
};

/** `undefined`: not all of it has come yet. Frames from a client must be masked. */
const readFrame = (bytes: Buffer): Frame | "broken" | undefined => {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  if ((second & 0x80) === 0) return "broken";
  const short = second & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start + 4) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (size > LARGEST) return "broken";
  const end = start + 4 + size;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(start, start + 4);
  const payload = Buffer.from(bytes.subarray(start + 4, end));
  for (let index = 0; index < payload.length; index += 1)
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { opcode: first & 0x0f, final: (first & 0x80) !== 0, payload, length: end };
};
