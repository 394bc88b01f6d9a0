// Long work in short pieces: the page draws, scrolls and answers between two of them.
import type { Breathe } from "./protocol/proofs.ts";

// Half a frame of work, then a pause: fast, and nobody notices that the page was busy.
const PIECE_MILLISECONDS = 8;

/** Count the steps of long work, tell how many are done, and pause when a piece is over. */
export function breathing(onStep: (done: number) => void): Breathe {
  let done = 0;
  let pieceBegan = performance.now();
  return async () => {
    done += 1;
    if (performance.now() - pieceBegan < PIECE_MILLISECONDS) return;
    onStep(done);
    await nextTask();
    pieceBegan = performance.now();
  };
}

/** Wait until the browser has handled what waits. A message is quicker than a timer of 4 ms. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
