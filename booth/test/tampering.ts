// Changing one leaf or one list of a JSON value at a time: forgeries for every place.
import type { Json } from "../src/protocol/encoding.ts";

export type Place = readonly (string | number)[];

/** Where the texts and numbers of a value stand. */
export function leafPlaces(value: Json): Place[] {
  if (typeof value !== "object" || value === null) return [[]];
  return namesIn(value).flatMap((name) => leafPlaces(at(value, name)).map((rest) => [name, ...rest]));
}

/** Where its lists stand. */
export function listPlaces(value: Json): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = namesIn(value).flatMap((name) =>
    listPlaces(at(value, name)).map((rest) => [name, ...rest]),
  );
  return Array.isArray(value) ? [[], ...inner] : inner;
}

/** The same value with what stands at one place changed. */
export function changedAt(value: Json, place: Place, change: (value: Json) => Json): Json {
  const [name, ...rest] = place;
  if (name === undefined) return change(value);
  const inner = changedAt(at(value, name), rest, change);
  if (Array.isArray(value)) return value.map((item, index) => (index === name ? inner : item));
  return { ...(value as { [name: string]: Json }), [name]: inner };
}

function namesIn(value: object): (string | number)[] {
  return Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
}

function at(value: Json, name: string | number): Json {
  return (value as { [name: string]: Json })[name] as Json;
}
