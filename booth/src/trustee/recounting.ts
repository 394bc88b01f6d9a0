// Read the record on the page and add up the ballots, with a bar, before a key is used (PROTOCOL 2.3).
import { checkBeside } from "../protocol/beside.ts";
import { isProfileOne } from "../protocol/election.ts";
import { InvalidRecord } from "../protocol/errors.ts";
import { recount, type Recount, type Stage } from "../protocol/recount.ts";
import { word } from "../dom.ts";
import { breathing } from "../breath.ts";
import type { Panel } from "./panel.ts";
import { askForBytes } from "./server.ts";

/** Fetch the record and check it; the page's list of checks follows. */
export async function recountOnPage(panel: Panel): Promise<Recount> {
  const [uuid, fingerprint] = [panel.value("uuid"), panel.value("fingerprint")];
  let running: Stage = "record";
  panel.mark(running, "wait");
  const data = await askForBytes(`/elections/${uuid}/${uuid}.bel`);
  panel.tell("record", word("record-bytes", { bytes: data.length }));
  let done = 0;
  let total = 0;
  const breathe = breathing(() => panel.showProgress(done, total, "progress-ballots"));
  const found = await recount({
    data, fingerprint, breathe,
    onStage: (stage) => {
      if (stage !== running) panel.mark(running, "held");
      running = stage;
      panel.mark(stage, "wait");
    },
    onBallot: (checked, all) => {
      [done, total] = [checked, all];
    },
  });
  panel.hideProgress();
  if (found.election.uuid !== uuid) throw new InvalidRecord("event 0, election", "another uuid");
  if (isProfileOne(found.election)) {
    // The record may have grown since: what stands beside exactly this one is asked for.
    const beside = await askForBytes(`/elections/${uuid}/${uuid}.pnyx.json?height=${found.height}`);
    await checkBeside({ data: beside, found, breathe: breathing(() => undefined) });
  }
  panel.mark(running, "held");
  panel.tell("ballots", word("ballots-checked", { count: found.ballots.length }));
  panel.tell("tally", word("ballots-counted", { count: found.sizes.count }));
  return found;
}
