// The page: templates, words and focus. Nothing here makes markup out of text (Trusted Types).

/** The element with this id, or a fault in the page's own template. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** A copy of the single element inside `<template id=…>`. */
export function copyOf(template: string): HTMLElement {
  const source = byId(template);
  const first = source instanceof HTMLTemplateElement ? source.content.firstElementChild : null;
  if (first === null) throw new Error(`#${template} is not a template`);
  return document.importNode(first, true) as HTMLElement;
}

/** The element that a screen marks as `data-part="name"`. */
export function part<T extends Element = HTMLElement>(root: Element, name: string): T {
  return find<T>(root, `[data-part="${name}"]`);
}

export function find<T extends Element = HTMLElement>(root: Element, selector: string): T {
  const element = root.matches(selector) ? root : root.querySelector(selector);
  if (element === null) throw new Error(`the screen has no ${selector}`);
  return element as T;
}

/** Write texts into the places that a screen marks as `data-fill="name"`. */
export function fill(root: Element, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    find(root, `[data-fill="${name}"]`).textContent = text;
  }
}

/** Do something when the button marked `data-action="name"` is pressed. */
export function onPress(root: Element, name: string, act: () => void): void {
  find(root, `[data-action="${name}"]`).addEventListener("click", act);
}

/** A sentence of the page's own language, with values in the place of {names}. */
export function word(name: string, values: Readonly<Record<string, string | number>> = {}): string {
  const words = byId("words");
  const sentence = (words as HTMLTemplateElement).content.querySelector(`[data-word="${name}"]`);
  if (sentence === null) throw new Error(`the page has no word "${name}"`);
  return oneLine(sentence.textContent ?? "").replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return typeof value === "number" ? asNumber(value) : (value ?? whole);
  });
}

/** A sentence as it is meant, however its template breaks the lines. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

export function hasWord(name: string): boolean {
  const words = byId("words") as HTMLTemplateElement;
  return words.content.querySelector(`[data-word="${name}"]`) !== null;
}

/** A number as the page's language writes it. */
export function asNumber(value: number): string {
  return new Intl.NumberFormat(document.documentElement.lang).format(value);
}

/** A text in groups of four, each in its own `<span>`, so that it can be read aloud and compared. */
export function fillGroups(target: Element, text: string): void {
  const groups = (text.match(/.{1,4}/g) ?? []).map((group) => {
    const span = document.createElement("span");
    span.textContent = group;
    return span;
  });
  target.replaceChildren(...groups.flatMap((group, index) => (index > 0 ? [" ", group] : [group])));
}

/** Let the browser save a text as a file. */
export function saveFile(name: string, text: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVE_SECONDS * 1000);
}

const SAVE_SECONDS = 60;

/** Copy a text; where the browser refuses, mark `shown` so that it can be copied by hand. */
export async function copyText(text: string, shown: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(shown);
    return false;
  }
}

/** "A, B and C", as the page's language writes it. */
export function listOf(texts: readonly string[]): string {
  const { lang } = document.documentElement;
  return new Intl.ListFormat(lang === "en" ? "en-GB" : lang, { type: "conjunction" }).format(texts);
}
