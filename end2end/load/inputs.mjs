// Large inputs of every kind, and all routes that take input.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MEGABYTE = 1 << 20;
const JSON_TYPE = "application/json";
const BATCH = "application/cloudevents-batch+json";

export const FORM = "application/x-www-form-urlencoded";
const SIZES = [
  ["60 KiB", 60 << 10],
  ["250 KiB", 250 << 10],
  ["1 MiB", MEGABYTE - 4096],
];

/** A query and headers of the maximum size. */
export const QUERY = `?${"limit=1&plan=pro&action=x&".repeat(300)}`;
export const HEADS = { cookie: "theme=dark; ".repeat(2400), "x-forwarded-for": "1.1.1.1,".repeat(200) };

/** `begin`, then `again` as often as it fits into `bytes`, then `end`. */
const repeated = (bytes, begin, again, end) => begin + again.repeat((bytes - begin.length - end.length) / again.length) + end;
const each = (bytes, begin, one, end) => {
  const parts = [];
  for (let at = 0, length = begin.length; length < bytes - 40; at++) length += parts[parts.push(one(at)) - 1].length;
  return begin + parts.join("") + end;
};

/** A form that repeats one field. */
export const listOfForm = (bytes) => repeated(bytes, "company=Acme&", "useCases[]=a&", "x=1");

/** Bodies as [name, content type, text]. */
export function bodies() {
  const kinds = (bytes) => [
    ["list of a form", FORM, listOfForm(bytes)],
    ["fields of a form", FORM, each(bytes, "", (at) => `f${at}=x&`, "x=1")],
    ["one field", FORM, repeated(bytes, "email=", "%C3%BC", "")],
    ["nested names", FORM, repeated(bytes, "", "a[b][c]", "=1")],
    ["depth", JSON_TYPE, repeated(bytes, '{"plan":', "[", "")],
    ["list", JSON_TYPE, repeated(bytes, '{"scopes":[', "1,", "1]}")],
    ["objects", BATCH, repeated(bytes, "[", "{},", "{}]")],
    ["keys", JSON_TYPE, each(bytes, "{", (at) => `"k${at}":1,`, '"x":1}')],
    ["one text", JSON_TYPE, repeated(bytes, '{"email":"', "\\u00fc", '"}')],
    ["zeros", "application/octet-stream", "\0".repeat(bytes)],
  ];
  return SIZES.flatMap(([size, bytes]) => kinds(bytes).map(([name, ...rest]) => [`${name}, ${size}`, ...rest]));
}

/** The sources of the pages' forms. */
function sources() {
  const folder = fileURLToPath(new URL("../../app/src/actions", import.meta.url));
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".rs"));
  return files.map((name) => readFileSync(join(folder, name), "utf8"));
}

/** Routes that pages' forms post to, found in the pages' source, as [method, path]. */
export function forms() {
  const found = sources().flatMap((text) => [...text.matchAll(/endpoint = "([^"]+)"/g)].map(([, name]) => `/rpc/${name}`));
  return found.sort().map((path) => ["POST", path]);
}

/** Names of each form's fields by the form's path. The name of a list ends with brackets. */
export function fieldsOfForms() {
  const taken = /endpoint = "([^"]+)"[\s\S]*?\bfn \w+\(([\s\S]*?)\) -> Result/g;
  const name = (argument) => {
    const declaration = argument.slice(argument.lastIndexOf("]") + 1);
    const sent = argument.match(/rename = "([^"]+)"/)?.[1] ?? declaration.split(":")[0].trim();
    return declaration.includes("Vec<") ? `${sent}[]` : sent;
  };
  const names = (list) => list.replaceAll(/^\s*\/\/.*$/gm, "").split(",").filter((argument) => argument.trim()).map(name);
  return new Map(sources().flatMap((text) => [...text.matchAll(taken)].map(([, form, list]) => [`/rpc/${form}`, names(list)])));
}

/** Bodies of a form, each with one large field, as [name, content type, text]. */
export function largeFields(fields) {
  const texts = { letters: "%C3%BC", "letters put together": "a%CC%88", digits: "9", addresses: "1.1.1.1%2C" };
  return fields.flatMap((field) => {
    const others = fields.filter((other) => other !== field).map((other) => `${other}=x&`);
    return Object.entries(texts).map(([what, text]) => [
      `${what} in ${field}`,
      FORM,
      repeated(60 << 10, `${others.join("")}${field}=`, text, ""),
    ]);
  });
}

/** Routes of the API, from openapi.json, as [method, path]. `isOpen` selects operations. */
export async function operations(url, isOpen = () => true) {
  const { paths } = await (await fetch(`${url}/openapi.json`)).json();
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => isOpen(operation))
      .map(([method]) => [method.toUpperCase(), path.replace(/\{[^}]+\}/g, "x")]),
  );
}

/** Whether an operation accepts a session. */
export const takesSessions = ({ security = [] }) => security.some((way) => way.session);
