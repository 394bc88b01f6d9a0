// The frame around the screens: which one stands, its place in the steps, its title, the focus.
import { byId, copyOf, find, word } from "./dom.ts";

/** Show a screen made from its template, and put the focus on its heading. */
export function show(name: string, prepare: (screen: HTMLElement) => void = () => undefined): HTMLElement {
  const template = byId(`screen-${name}`);
  const screen = copyOf(`screen-${name}`);
  prepare(screen);
  byId("booth").replaceChildren(screen);
  markStep(template.dataset["step"]);
  document.title = word("title", { screen: template.dataset["title"] ?? "" });
  const heading = find(screen, "h1");
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  return screen;
}

function markStep(step: string | undefined): void {
  const steps = byId("steps");
  steps.hidden = step === undefined;
  for (const item of steps.querySelectorAll<HTMLElement>("[data-step]")) {
    if (item.dataset["step"] === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

export function electionAddress(uuid: string): string {
  return `/elections/${uuid}/`;
}

/** Where a challenged ballot is checked, on any device. */
export function checkAddress(uuid: string): string {
  return `${location.origin}/elections/${uuid}/check/`;
}

/** Show why the booth closes; nothing but loading it again helps. */
export function stop(kind: string, values: Readonly<Record<string, string>> = {}): void {
  const uuid = byId("booth").dataset["uuid"] ?? "";
  show("stop", (screen) => {
    find(screen, '[data-fill="heading"]').textContent = word(`stop-${kind}`);
    find(screen, '[data-fill="text"]').textContent = word(`stop-${kind}-text`, values);
    linkToElection(screen, uuid);
    find(screen, '[data-action="again"]').addEventListener("click", () => location.reload());
  });
}

export function linkToElection(screen: Element, uuid: string): void {
  find<HTMLAnchorElement>(screen, '[data-fill-href="election"]').href = electionAddress(uuid);
}
