/**
 * Progress on stderr, so that stdout holds the result alone: one line that is written over on a terminal, a line for
 * every ten per cent anywhere else.
 */

/** Called with how many of how many are done. */
export type Progress = (done: number, total: number) => void;

/** Writes progress of `what` to `stream`; a terminal gets its line break when all are done. */
export function createProgressLine(
  what: string,
  stream: { readonly isTTY?: boolean; write(text: string): unknown } = process.stderr,
): Progress {
  let shownTenths = 0;
  return (done, total) => {
    if (stream.isTTY === true) {
      stream.write(`\r${what} ${done}/${total}${done === total ? '\n' : ''}`);
      return;
    }
    const tenths = Math.floor((done * 10) / Math.max(1, total));
    if (tenths === shownTenths) return;
    shownTenths = tenths;
    stream.write(`${what} ${tenths * 10} %\n`);
  };
}
