/** Writes EC2's XML: objects are elements, arrays are `<item>` lists, `undefined` is left out. */

export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/making-api-requests.html */
const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

export const answerXml = (action: string, requestId: string, content: { readonly [name: string]: Xml }): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${NAMESPACE}">${inside({ requestId, ...content })}</${action}Response>`;

export const errorXml = (code: string, message: string, requestId: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${inside({
    Errors: { Error: { Code: code, Message: message } },
    RequestID: requestId,
  })}</Response>`;

const element = (name: string, value: Xml): string => {
  if (value === undefined) return "";
  const content = inside(value);
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
};

const inside = (value: Xml): string => {
  if (value === undefined) return "";
  if (typeof value !== "object") return escaped(String(value));
  if (isList(value)) return value.map((item) => element("item", item)).join("");
  return Object.entries(value)
    .map(([name, child]) => element(name, child))
    .join("");
};

const isList = (value: object): value is readonly Xml[] => Array.isArray(value);

const escaped = (text: string): string =>
  text
    .replace(/[&<>"']/gu, (char) => `&#${String(char.codePointAt(0))};`)
    .replace(/[\r\n\t]/gu, (char) => `&#${String(char.codePointAt(0))};`);
