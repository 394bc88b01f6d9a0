// What a script adds to pages that already work without one.
import "htmx.org";

/** The head of a whole page. htmx takes parts of the body only. */
const HEAD = /<head\b[^>]*>[\s\S]*?<\/head>/i;
/** Markup that could run code or load a foreign page. Our templates send none of it in a body. */
const CARRIES_CODE = /<(script|iframe|object|embed|base|meta|link)\b|<[^>]*\s(on\w+|srcdoc|style)\s*=|javascript:/i;
const DOUBLE_SUBMIT_MILLISECONDS = 2000;

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (markup: string) => string }): unknown;
}

/**
 * htmx joins strings and hands them to the HTML parser, so under Trusted Types it needs the policy
 * named "default". It lets through what our own templates may contain and nothing that runs:
 * no script, handler or frame. Strings as scripts or as script addresses have no rule, so the
 * browser refuses them. The booth sends `trusted-types 'none'` and does not load this file.
 */
function guardMarkup(): void {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createHTML(markup) {
      const body = markup.replace(HEAD, "");
      if (CARRIES_CODE.test(body)) throw new TypeError("this markup carries code");
      return body;
    },
  });
}

function all<E extends Element>(root: ParentNode, selector: string): E[] {
  const below = [...root.querySelectorAll<E>(selector)];
  return root instanceof Element && root.matches(selector) ? [root as Element as E, ...below] : below;
}

/** Show Copy; it says in a status what it did. */
function offerCopy(box: HTMLElement): void {
  const button = box.querySelector("button");
  const status = box.querySelector("[role=status]");
  if (!button || !status || !navigator.clipboard) return;
  box.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.dataset["copy"] ?? "");
    status.textContent = box.dataset["copied"] ?? "";
  });
}

/** Let a file be dropped on the zone around its input. */
function acceptDrop(zone: HTMLElement): void {
  const input = zone.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) return;
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** Let people see the password that they type. */
function offerToShow(button: HTMLButtonElement): void {
  const input = document.getElementById(button.getAttribute("aria-controls") ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shows = input.type === "password";
    input.type = shows ? "text" : "password";
    button.textContent = (shows ? button.dataset["hide"] : button.dataset["show"]) ?? "";
    button.setAttribute("aria-label", (shows ? button.dataset["hideLabel"] : button.dataset["showLabel"]) ?? "");
  });
  // A browser must not remember it as ordinary text.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

/** Send a form once when its button is clicked twice. */
function refuseDoubleSubmit(): void {
  const sent = new WeakMap<EventTarget, number>();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form) return;
    if (event.timeStamp - (sent.get(form) ?? -Infinity) < DOUBLE_SUBMIT_MILLISECONDS) event.preventDefault();
    else sent.set(form, event.timeStamp);
  }, { capture: true });
}

function enhance(root: ParentNode): void {
  for (const box of all<HTMLElement>(root, "[data-copy]")) offerCopy(box);
  for (const zone of all<HTMLElement>(root, "[data-drop]")) acceptDrop(zone);
  for (const button of all<HTMLButtonElement>(root, "button[data-show]")) offerToShow(button);
  all<HTMLElement>(root, ".govuk-error-summary")[0]?.focus();
}

guardMarkup();
refuseDoubleSubmit();
enhance(document);
document.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element && event.target !== document.body) enhance(event.target);
});
